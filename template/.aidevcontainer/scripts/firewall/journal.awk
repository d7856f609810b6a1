# Functions for journals that cannot fill the disk: JOURNAL, and the lines before it in JOURNAL.old.

function write(journal, line, most_lines) {
  # Continues the journal of the former process.
  if (!(journal in written)) written[journal] = lines_of(journal)
  if (++written[journal] > most_lines) begin_again(journal)
  print line >> journal
  fflush(journal)
}

function begin_again(journal) {
  close(journal)
  system("mv '" journal "' '" journal ".old'")
  written[journal] = 1
  turned[journal]++
}

function lines_of(file,    line, count) {
  count = 0
  while ((getline line < file) > 0) count++
  close(file)
  return count
}
