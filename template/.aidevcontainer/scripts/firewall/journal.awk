# Functions for journals that cannot fill the disk: each has two files, JOURNAL.0 and JOURNAL.1, written in turns.

function write(journal, line, most_lines) {
  if (!(journal in side)) resume(journal, most_lines)
  if (++written[journal] > most_lines) turn(journal)
  print line >> part(journal)
  fflush(part(journal))
}

function part(journal) { return journal "." side[journal] }

function turn(journal) {
  close(part(journal))
  side[journal] = 1 - side[journal]
  written[journal] = 1
  printf "" > part(journal)
  close(part(journal))
  turned[journal]++
}

# Continues the journal of the former process.
function resume(journal, most_lines,    first, second) {
  first = lines_of(journal ".0")
  second = lines_of(journal ".1")
  side[journal] = second > 0 && second < most_lines
  written[journal] = side[journal] ? second : first
}

function lines_of(file,    line, count) {
  count = 0
  while ((getline line < file) > 0) count++
  close(file)
  return count
}
