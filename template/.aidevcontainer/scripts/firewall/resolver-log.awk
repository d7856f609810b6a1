# Drops what dnsmasq says when all is well, and cuts a flood short: whoever asks for names must not fill the log.
/started, |compile time options|using (nameserver|standard|only|more|[0-9]+ more)|read .*names|exiting on receipt|cleared cache|bind-interfaces|failed to update ipset|more local addresses/ { next }
++lines <= 20 { sub(/^dnsmasq(\[[0-9]+\])?: /, ""); print "firewall: resolver: " $0; fflush() }
