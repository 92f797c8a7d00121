# What corpus-tool prints, of one run or the sum of several, as a table of recall
# and precision in per cent; with figures=FILE what is worse than there, and exit
# 1 (slack=1 forgives a per cent); with measure=1 the worst of several runs, as
# such figures.
#
# 1 kind 2 name 3 planted 4 found 5 likely 6 verified
# 7 decoys 8 flagged 9 likely 10 stray 11 likely

BEGIN {
	FS = "\t"
}

function ratio(part, all) {
	return all ? 100 * part / all : 100
}

function least(array, value) {
	if (!($2 in array) || value < array[$2])
		array[$2] = value
}

function most(array, value) {
	if (!($2 in array) || value > array[$2])
		array[$2] = value
}

measure && $1 == "format" {
	places = $3 + $7
	least(found, int(ratio($4, $3)))
	least(likely, int(ratio($5, $3)))
	most(flagged, int(ratio($8 + $10, places) + 0.999))
	most(flagged_likely, int(ratio($9 + $11, places) + 0.999))
}

!measure {
	key = $1 FS $2
	if (!(key in planted))
		keys[++n] = key
	planted[key] += $3
	hits[key] += $4
	sure[key] += $5
	decoys[key] += $7
	wrong[key] += $8 + $10
	surely_wrong[key] += $9 + $11
}

function row(kind, name, key) {
	printf "%-9s %-34s %7d %6.1f%% %6.1f%% %7d %7d %8.1f%%\n", kind, name,
	    planted[key], ratio(hits[key], planted[key]),
	    ratio(sure[key], planted[key]), decoys[key], wrong[key],
	    ratio(hits[key], hits[key] + wrong[key])
}

function add(to, key) {
	planted[to] += planted[key]
	hits[to] += hits[key]
	sure[to] += sure[key]
	decoys[to] += decoys[key]
	wrong[to] += wrong[key]
}

function table(	i, kinds, k) {
	printf "%-9s %-34s %7s %7s %7s %7s %7s %9s\n", "of", "name",
	    "planted", "recall", "likely", "decoys", "false", "precision"
	for (i = 1; i <= n; i++) {
		split(keys[i], k, FS)
		row(k[1], k[2], keys[i])
		add(k[1], keys[i])
		kinds[k[1]]
	}
	for (i in kinds)
		row("all of", i, i)
}

function check(what, name, is, floor) {
	if (is + slack >= floor)
		return
	printf "%s: %s %.1f %%, the figures say %d %%\n", name, what, is, floor
	bad = 1
}

# Of false ones as much as there are not, so that more is better of all.
function compare(	f, line, key, places) {
	while ((getline line < figures) > 0) {
		if (line ~ /^#/)
			continue
		split(line, f, " ")
		key = "format" FS f[1]
		places = planted[key] + decoys[key]
		seen++
		check("places", f[1], places, 1)
		check("found", f[1], ratio(hits[key], planted[key]), f[2])
		check("likely", f[1], ratio(sure[key], planted[key]), f[3])
		check("not flagged", f[1], 100 - ratio(wrong[key], places),
		    100 - f[4])
		check("not flagged as likely", f[1],
		    100 - ratio(surely_wrong[key], places), 100 - f[5])
	}
	for (key in planted)
		seen -= key ~ "^format" FS
	if (seen != 0) {
		print "there are formats without figures"
		bad = 1
	}
}

END {
	for (name in found)
		print name, found[name], likely[name], flagged[name],
		    flagged_likely[name] | "sort"
	if (figures)
		compare()
	else if (!measure)
		table()
	exit bad
}
