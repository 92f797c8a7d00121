# Makes gv_completions[] of git-vault/about/completion.h out of the scripts that are
# its arguments.
BEGIN {
	print "#include \"git-vault/about/completion.h\"\n"
	print "#include <stddef.h>\n"
	print "const struct gv_completion gv_completions[] = {"
}

FNR == 1 {
	if (NR > 1)
		print "\t},"
	shell = FILENAME ~ /[.]bash$/ ? "bash" : \
	    FILENAME ~ /[.]fish$/ ? "fish" : "zsh"
	print "\t{ \"" shell "\","
}

{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\\&")
	gsub(/\t/, "\\t")
	print "\t    \"" $0 "\\n\""
}

END {
	print "\t},\n\t{ NULL, NULL }\n};"
}
