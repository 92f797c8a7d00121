# The rules of lib/README that a machine can check. Prints one line a breach,
# "FILE: what", and nothing else; exits 1 if there was one.
#
#	awk -v mode=includes  -f layers.awk lib/*/*.[ch] git-vault/*.[ch]
#	awk -v mode=form      -f layers.awk lib/*/*.[ch] git-vault/*.[ch]
#	nm -A libgitvault.a | awk -v mode=symbols -f layers.awk - lib/*/*.c
#	ctags … | awk -v mode=functions -f layers.awk -

function table()
{
	# who may include whom; nothing else
	may["base"] = ""
	may["sys"] = "base"
	may["format"] = may["crypto"] = may["infra"] = "base"
	may["scan"] = may["config"] = "base format"
	may["infra"] = "base format"
	may["store"] = "base sys"
	may["net"] = "base sys crypto"
	may["vault"] = "base sys format crypto scan infra config store net"
	may["serve"] = "base sys format crypto infra vault"
	may["git-vault"] = "base sys format vault serve infra"
	# of store, the commands see what opens it and what names objects
	also["git-vault"] = "repo/repo.h object/repo_odb.h repo/refs.h " \
	    "repo/oid.h"
	also["serve"] = "repo/repo.h repo/oid.h repo/hash.h"

	# the one home of each outside library
	home["git2"] = home["zlib"] = home["libdeflate"] = "store"
	home["nettle"] = "store"
	home["yaml"] = home["jsmn"] = "format"
	home["sodium"] = "crypto"
	home["cre2"] = "scan"
	home["curl"] = "net"
	home["microhttpd"] = "serve"

	# folders that know no file, clock, process or environment
	pure = " base format crypto scan infra config "
	system_header = "^(unistd|fcntl|dirent|poll|spawn|signal|pthread|" \
	    "sched|pwd|grp|termios|sys/.*|sys)\\.h$"

	# what the library never calls, and what only some folders do
	prints = "^_?_?(v|f|vf)?printf(_chk)?$|^f?put(s|c|char)$|^perror$|" \
	    "^std(out|err|in)$|^(v?warnx?|v?errx?)$"
	exits = "^(_exit|_Exit|exit|quick_exit|abort|at_quick_exit)$"
	environment = "^(secure_)?getenv$|^setenv$|^unsetenv$|^putenv$"
	clock = "^(clock_gettime|gettimeofday|time|nanosleep|localtime" \
	    "(_r)?)$"
	files = "^(f|)open(at|at64|64|dir)?$|^creat$|^l?stat(64|x)?$|" \
	    "^fstat(at)?(64)?$|^mkdir(at)?$|^unlink(at)?$|^rename(at2?)?$|" \
	    "^(p?read|p?write)(v|64)?$|^mmap$|^ftruncate(64)?$|^chdir$|" \
	    "^getcwd$|^(f?chmod|fchmodat|l?chown|fchownat|utimensat)$|" \
	    "^(sym)?link(at)?$|^readlink(at)?$|^access$|^faccessat$|^kill$"
	# an object is read from the database and belongs to its module
	except["odb gv_object_release"] = 1
	# libmicrohttpd calls it, and says what it is given
	except["gv_serve_http_request()"] = 1
}

function folder_of(path, part, n)
{
	n = split(path, part, "/")
	return n > 1 ? part[n - 1] : "."
}

function stem_of(path)
{
	sub(/.*\//, "", path)
	sub(/\.[cho]$/, "", path)
	return path
}

function holds(list, word)
{
	return index(" " list " ", " " word " ") > 0
}

function say(file, what)
{
	print file ": " what
	bad = 1
}

# ---- includes ---------------------------------------------------------------

function include_ours(name, part, from)
{
	from = folder_of(FILENAME)
	if (split(name, part, "/") == 1) {
		# only the commands, which are no library, leave it out
		if (from != "git-vault")
			say(FILENAME, "\"" name "\" does not name its folder")
		return
	}
	if (!(part[1] in may))
		say(FILENAME, "\"" name "\" is in no folder of ours")
	else if (part[1] != from && !holds(may[from], part[1]) &&
	    !holds(also[from], name))
		say(FILENAME, from "/ must not include \"" name "\"")
	if (FILENAME ~ /\.h$/)
		edge[key_of(FILENAME)] = edge[key_of(FILENAME)] " " name
}

function include_theirs(name, library, from)
{
	from = folder_of(FILENAME)
	library = name
	sub(/[\/.].*/, "", library)
	if (library in home && home[library] != from)
		say(FILENAME, "<" name "> has its home in " home[library] "/")
	if (holds(pure, from) && name ~ system_header)
		say(FILENAME, "<" name "> in " from "/, which knows no system")
}

function key_of(path)
{
	return folder_of(path) "/" stem_of(path) ".h"
}

# A header that reaches itself, found by walking down from each.
function walk(from, i, n, next_ones)
{
	if (colour[from] == "done")
		return
	if (colour[from] == "open") {
		say("lib/" from, "is in a cycle of includes")
		return
	}
	colour[from] = "open"
	n = split(edge[from], next_ones, " ")
	for (i = 1; i <= n; i++)
		walk(next_ones[i])
	colour[from] = "done"
}

mode == "includes" && /^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	include_ours(quoted[2])
}

mode == "includes" && /^[ \t]*#[ \t]*include[ \t]*</ {
	name = $0
	gsub(/.*<|>.*/, "", name)
	include_theirs(name)
}

# ---- form -------------------------------------------------------------------

function check_name(path, stem)
{
	stem = stem_of(path)
	if (stem ~ /(^|_)(util|utils|misc|common|helper|manager|stuff)(_|$)/ ||
	    stem ~ /[0-9]$/ && stem !~ /(utf8|base64|sha1|bech32|sigv4|x?25519)$/)
		say(path, "is named after nothing in particular")
}

function check_guard(path, stem, want)
{
	if (path !~ /\.h$/ || path !~ /lib\//)
		return
	stem = toupper(stem_of(path))
	want = "GV_" stem "_H"
	if (guard != want)
		say(path, "is guarded by '" guard "', not by " want)
}

# Columns: a tab goes on to the next eighth, UTF-8 counts once a character.
function width(line, i, c, w)
{
	w = 0
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "\t")
			w += 8 - w % 8
		else if (c !~ /[\200-\277]/)
			w++
	}
	return w
}

# The line without its strings, characters and comments.
function bare(line)
{
	gsub(/\\./, "", line)
	gsub(/"[^"]*"/, "\"\"", line)
	gsub(/'[^']*'/, "' '", line)
	if (in_comment) {
		if (line !~ /\*\//)
			return ""
		sub(/.*\*\//, "", line)
		in_comment = 0
	}
	gsub(/\/\*[^*]*\*+([^\/*][^*]*\*+)*\//, "", line)
	if (line ~ /\/\*/) {
		sub(/\/\*.*/, "", line)
		in_comment = 1
	}
	return line
}

function end_file()
{
	if (file == "")
		return
	if (lines > 800)
		say(file, "has " lines " lines; split it by verb")
	check_guard(file)
}

mode == "form" && FNR == 1 {
	end_file()
	file = FILENAME
	guard = ""
	depth = in_comment = 0
	check_name(file)
}

mode == "form" {
	lines = FNR
	# text of a program in another language is not ours to fold
	if (width($0) > 80 && $0 !~ /^[ \t]*"/)
		say(FILENAME ":" FNR, "is wider than 80 columns")
	if (/[ \t]$/)
		say(FILENAME ":" FNR, "ends in blanks")
	if (guard == "" && /^#ifndef /)
		guard = $2
	if (/(TODO|FIXME|XXX)([^A-Za-z]|$)/)
		say(FILENAME ":" FNR, "leaves something to be done")
	code = bare($0)
	if (code ~ /\/\//)
		say(FILENAME ":" FNR, "has a // comment")
	if (code ~ /typedef[ \t]+(struct|union|enum)/)
		say(FILENAME ":" FNR, "hides a struct behind a typedef")
	# blocks: a brace that ends a line opens, one that begins it closes
	if (code ~ /^[ \t]*}/)
		depth--
	if (code ~ /{[ \t]*$/ && code !~ /=[ \t]*{[ \t]*$/ &&
	    code !~ /^[ \t]*{/ || code == "{") {
		depth++
		if (depth > 4)
			say(FILENAME ":" FNR, "is nested more than 3 deep")
	} else if (code ~ /{[ \t]*$/)
		depth++
}

# ---- symbols ----------------------------------------------------------------

# The sources say which folder a member of the archive comes from.
mode == "symbols" && FNR == 1 && FILENAME != "-" {
	folder[stem_of(FILENAME)] = folder_of(FILENAME)
}

mode == "symbols" && FILENAME == "-" {
	n = split($1, part, ":")
	member = ""
	for (i = 1; i <= n; i++)
		if (part[i] ~ /\.o$/)
			member = stem_of(part[i])
	if (member == "")
		next
	count++
	who[count] = member
	kind[count] = $(NF - 1)
	what[count] = $NF
}

function check_symbol(member, kind, name, stem, in_folder)
{
	in_folder = folder[member]
	stem = member
	sub(/_.*/, "", stem)
	if (in_folder == "")
		say(member ".o", "is of no source that was given")
	else if (kind ~ /^[TDBRGSCVW]$/ && name !~ /^(__|_GLOBAL_|asan)/ &&
	    name !~ ("^gv_" stem "(s?_|$)") && !((member " " name) in except))
		say("lib/" in_folder "/" member ".c",
		    "exports " name ", not gv_" stem "_…")
	if (kind != "U" || (member " " name) in except)
		return
	if (name ~ prints)
		say("lib/" in_folder "/" member ".c", "prints: " name)
	if (name ~ exits)
		say("lib/" in_folder "/" member ".c", "ends us: " name)
	if (in_folder != "sys" && (name ~ environment || name ~ clock))
		say("lib/" in_folder "/" member ".c",
		    "asks environment or clock: " name)
	if (in_folder != "sys" && in_folder != "store" &&
	    in_folder != "net" && name ~ files)
		say("lib/" in_folder "/" member ".c", "touches files: " name)
}

# ---- functions --------------------------------------------------------------

# Lines of `ctags --fields=+neS --kinds-C=f`.
mode == "functions" {
	line = end = 0
	signature = ""
	n = split($0, field, "\t")
	for (i = 4; i <= n; i++) {
		if (field[i] ~ /^line:/)
			line = substr(field[i], 6)
		else if (field[i] ~ /^end:/)
			end = substr(field[i], 5)
		else if (field[i] ~ /^signature:/)
			signature = substr(field[i], 11)
	}
	if (end && end - line + 1 > 70)
		say(field[2] ":" line, field[1] "() has " end - line + 1 \
		    " lines")
	# a pointer to a function has commas of its own
	gsub(/\([^()]*\)\(?[^()]*\)/, "", signature)
	if (gsub(/,/, ",", signature) > 5 && !((field[1] "()") in except))
		say(field[2] ":" line, field[1] "() has more than 6 parameters")
}

BEGIN {
	table()
}

END {
	if (mode == "includes")
		for (header in edge)
			walk(header)
	else if (mode == "form")
		end_file()
	else if (mode == "symbols")
		for (i = 1; i <= count; i++)
			check_symbol(who[i], kind[i], what[i])
	exit bad
}
