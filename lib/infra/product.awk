# Makes the table of product_internal.h out of product.tsv, for product.c.
BEGIN {
	FS = "\t"
	print "const struct gv_product_row gv_product_rows[] = {"
}
/^#/ || /^$/ { next }
{
	how = $2
	sub(/ .*/, "", how)
	marks = ""
	if (how == "beside" || how == "inside") {
		marks = $2
		sub(/^[a-z]+ /, "", marks)
		gsub(/\|/, "\\0", marks)
		marks = marks "\\0"
	} else if (how != "name" && how != "ignored") {
		print FILENAME ":" FNR ": unknown proof: " $2 >"/dev/stderr"
		failed = 1
	}
	if (NF != 3 || $1 == "" || $3 == "") {
		print FILENAME ":" FNR ": not three columns" >"/dev/stderr"
		failed = 1
	}
	printf "\t{ GV_PRODUCT_%s, \"%s\", %d, \"%s\", \"%s\" },\n",
	    toupper(how), $1, length($1), marks, $3
}
END {
	print "\t{ GV_PRODUCT_NAME, NULL, 0, NULL, NULL },\n};"
	exit failed
}
