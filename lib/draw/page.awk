# Makes texts of C out of the style and script of a picture:
#
#	awk -f page.awk picture.css page.css page.js >page_text.h
function name(file)
{
	sub(/.*\//, "", file)
	gsub(/\./, "_", file)
	return file
}
FNR == 1 {
	if (NR > 1)
		print "};"
	print "static const char *const " name(FILENAME) "[] = {"
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	sub(/^\t+/, "")
	if ($0 != "" && $0 !~ /^(\/\/|\/\*.*\*\/$)/)
		printf "\t\"%s\\n\",\n", $0
}
END {
	print "};"
}
