# Make one report of what automake's TAP driver left of a test run: the .trs
# files given say each result, the .log beside each says why.
#
#	awk -f report.awk -v json=test-report.json -v junit=junit.xml \
#		-v project=git-vault -v version=0.1.0 t/a.trs t/b.trs
#
# test-report.json has its counts one a line at the top, so that a shell can
# read them with sed.

function json_text(s, out, i, c)
{
	out = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\"" || c == "\\")
			out = out "\\" c
		else if (c == "\t")
			out = out "\\t"
		else if (c == "\n")
			out = out "\\n"
		else if (c in control)
			out = out sprintf("\\u%04x", control[c])
		else
			out = out c
	}
	return "\"" out "\""
}

function xml_text(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	gsub(/"/, "\\&quot;", s)
	gsub(/[\001-\010\013\014\016-\037]/, "?", s)
	return s
}

# The driver ends each result's lines with one that begins with the result and
# the script; the comments behind "not ok" say why.
function read_log(file, line, at, head, n)
{
	n = 0
	at = 0
	head = "^(PASS|FAIL|XFAIL|XPASS|SKIP|ERROR): "
	while ((getline line < file) > 0) {
		if (line ~ head && index(line, ": " suite) > 0) {
			sub(head, "", line)
			sub(/^[^ ]* */, "", line)
			name_of[suite, ++n] = line
			at = n
		} else if (line ~ /^# seconds of CPU: [0-9.]+$/) {
			sub(/.*: /, "", line)
			cpu[suite] = line
		} else if (line ~ /^#/)
			why[suite, at] = why[suite, at] substr(line, 3) "\n"
	}
	close(file)
}

function read_results(file, line, result, n)
{
	n = 0
	while ((getline line < file) > 0)
		if (line ~ /^:test-result: /) {
			result = substr(line, 15)
			sub(/ .*/, "", result)
			n++
			add_case(result, name_of[suite, n], n)
		}
	close(file)
}

function add_case(result, name, n)
{
	sub(/^[0-9]+ *(- *)?/, "", name)
	sub(/ *# *(SKIP|TODO).*/, "", name)
	# the exit status of a script whose failures were counted is no news
	if (result == "ERROR" && name ~ /exited with status/ &&
	    of[suite, "failed"] > 0)
		return
	total++
	case_suite[total] = suite
	case_name[total] = name == "" ? suite : name
	case_why[total] = why[suite, n]
	if (result == "PASS" || result == "XFAIL")
		result = "passed"
	else if (result == "SKIP")
		result = "skipped"
	else
		result = "failed"
	case_result[total] = result
	of[suite, result]++
	all[result]++
}

BEGIN {
	for (i = 1; i < 32; i++)
		control[sprintf("%c", i)] = i
	for (arg = 1; arg < ARGC; arg++) {
		file = ARGV[arg]
		if (file !~ /\.trs$/)
			continue
		suite = substr(file, 1, length(file) - 4)
		suites[++n_suites] = suite
		read_log(suite ".log")
		read_results(file)
	}
	write_json()
	write_junit()
	printf "# %d passed, %d failed, %d skipped: see %s and %s\n",
	    all["passed"], all["failed"], all["skipped"], json, junit
}

function write_json(i, s, sep)
{
	printf "{\n\"project\": %s,\n\"version\": %s,\n",
	    json_text(project), json_text(version) > json
	printf "\"passed\": %d,\n\"failed\": %d,\n\"skipped\": %d,\n",
	    all["passed"], all["failed"], all["skipped"] > json
	printf "\"suites\": [" > json
	i = 1
	for (s = 1; s <= n_suites; s++) {
		suite = suites[s]
		printf "%s\n{\"name\": %s, \"passed\": %d, \"failed\": %d, " \
		    "\"skipped\": %d, ", (s > 1 ? "," : ""),
		    json_text(suite), of[suite, "passed"],
		    of[suite, "failed"], of[suite, "skipped"] > json
		if (suite in cpu)
			printf "\"cpu_seconds\": %s, ", cpu[suite] > json
		printf "\"cases\": [" > json
		for (sep = ""; i <= total && case_suite[i] == suite; i++) {
			printf "%s\n  {\"name\": %s, \"result\": %s", sep,
			    json_text(case_name[i]),
			    json_text(case_result[i]) > json
			if (case_result[i] == "failed")
				printf ", \"output\": %s",
				    json_text(case_why[i]) > json
			printf "}" > json
			sep = ","
		}
		printf "\n]}" > json
	}
	printf "\n]\n}\n" > json
	close(json)
}

function write_junit(i, s)
{
	printf "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	    "<testsuites tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n",
	    total, all["failed"], all["skipped"] > junit
	i = 1
	for (s = 1; s <= n_suites; s++) {
		suite = suites[s]
		printf " <testsuite name=\"%s\" tests=\"%d\" " \
		    "failures=\"%d\" skipped=\"%d\"", xml_text(suite),
		    of[suite, "passed"] + of[suite, "failed"] + \
		    of[suite, "skipped"], of[suite, "failed"],
		    of[suite, "skipped"] > junit
		if (suite in cpu)
			printf " time=\"%s\"", cpu[suite] > junit
		printf ">\n" > junit
		for (; i <= total && case_suite[i] == suite; i++) {
			printf "  <testcase classname=\"%s\" name=\"%s\"",
			    xml_text(suite), xml_text(case_name[i]) > junit
			if (case_result[i] == "skipped")
				printf "><skipped/></testcase>\n" > junit
			else if (case_result[i] == "failed")
				printf "><failure>%s</failure></testcase>\n",
				    xml_text(case_why[i]) > junit
			else
				printf "/>\n" > junit
		}
		printf " </testsuite>\n" > junit
	}
	printf "</testsuites>\n" > junit
	close(junit)
}
