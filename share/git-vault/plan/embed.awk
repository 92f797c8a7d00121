# Makes gv_plan_stock[] of git-vault/recovery/plan_stock.h out of the templates of plans
# and the schema that are its arguments. The first line of a template, behind
# "# ", says what it is for.
BEGIN {
	print "#include \"git-vault/recovery/plan_stock.h\"\n"
	print "#include <stddef.h>\n"
	print "const struct gv_plan_stock gv_plan_stock[] = {"
}

FNR == 1 {
	if (NR > 1)
		print "\t},"
	name = FILENAME
	gsub(/.*\/|[.]yaml$/, "", name)
	about = $0
	sub(/^# */, "", about)
	gsub(/["\\]/, "\\\\&", about)
	print "\t{ \"" name "\", \"" about "\","
}

{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\\&")
	gsub(/\t/, "\\t")
	print "\t    \"" $0 "\\n\""
}

END {
	print "\t},\n\t{ NULL, NULL, NULL }\n};"
}
