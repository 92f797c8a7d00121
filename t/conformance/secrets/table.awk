# What corpus-tool prints, as a table of recall and precision in per cent; or,
# with measure=1, of several runs the worst, as the figures of t2090-corpus.sh;
# or, with figures=FILE, what is worse than there, and exit 1.
#
# 1 kind 2 name 3 planted 4 found 5 likely 6 verified
# 7 decoys 8 flagged 9 likely 10 stray 11 likely

BEGIN {
	FS = OFS = "\t"
	while (figures && (getline line < figures) > 0) {
		split(line, f, " ")
		if (f[1] == "#")
			continue
		found[f[1]] = f[2]
		likely[f[1]] = f[3]
		flagged[f[1]] = f[4]
		flagged_likely[f[1]] = f[5]
		n_figures++
	}
	if (!measure && !figures)
		printf "%-9s %-34s %7s %7s %7s %7s %7s %9s\n", "of", "name",
		    "planted", "recall", "likely", "decoys", "false",
		    "precision"
}

function percent(part, all) {
	return all ? int(100 * part / all) : 100
}

function up(part, all,	n) {
	n = all ? int(100 * part / all) : 0
	return n * all < 100 * part ? n + 1 : n
}

function ratio(part, all) {
	return all ? 100 * part / all : 100
}

function least(array, key, value) {
	if (!(key in array) || value < array[key])
		array[key] = value
}

function most(array, key, value) {
	if (!(key in array) || value > array[key])
		array[key] = value
}

function complain(what, is, was) {
	printf "%s: %s %d %%, the figures say %d %%\n", $2, what, is, was
	bad = 1
}

{ false_ones = $8 + $10; false_likely = $9 + $11; places = $7 + $3 }

measure && $1 == "format" {
	least(m_found, $2, percent($4, $3))
	least(m_likely, $2, percent($5, $3))
	most(m_flagged, $2, up(false_ones, places))
	most(m_flagged_likely, $2, up(false_likely, places))
}

figures && $1 == "format" {
	seen++
	if (!($2 in found)) {
		print $2 ": has no figures"
		bad = 1
		next
	}
	if (percent($4, $3) < found[$2])
		complain("found", percent($4, $3), found[$2])
	if (percent($5, $3) < likely[$2])
		complain("likely", percent($5, $3), likely[$2])
	if (up(false_ones, places) > flagged[$2])
		complain("flagged", up(false_ones, places), flagged[$2])
	if (up(false_likely, places) > flagged_likely[$2])
		complain("flagged as likely", up(false_likely, places),
		    flagged_likely[$2])
}

!measure && !figures {
	printf "%-9s %-34s %7d %6d%% %6d%% %7d %7d %8d%%\n", $1, $2, $3,
	    percent($4, $3), percent($5, $3), $7, false_ones,
	    percent($4, $4 + false_ones)
	planted[$1] += $3
	hits[$1] += $4
	likely_hits[$1] += $5
	decoys[$1] += $7
	falses[$1] += false_ones
}

END {
	for (k in m_found)
		print k, m_found[k], m_likely[k], m_flagged[k], \
		    m_flagged_likely[k] | "tr '\\t' ' ' | sort"
	for (k in planted)
		printf "%-9s %-34s %7d %6.1f%% %6.1f%% %7d %7d %8.1f%%\n",
		    "all of", k, planted[k], ratio(hits[k], planted[k]),
		    ratio(likely_hits[k], planted[k]), decoys[k], falses[k],
		    ratio(hits[k], hits[k] + falses[k])
	if (figures && seen != n_figures) {
		print "figures of " n_figures " formats, met " seen + 0
		bad = 1
	}
	exit bad
}
