# The rules of lib/README that a machine can check. Prints one line a breach,
# "FILE: what", and nothing else; exits 1 if there was one.
#
#	awk -v mode=includes  -f layers.awk lib/*/*.[ch] git-vault/*.c git-vault/*/*.[ch]
#	awk -v mode=form      -f layers.awk lib/*/*.[ch] git-vault/*.c git-vault/*/*.[ch]
#	nm -A libgitvault.a | awk -v mode=symbols -f layers.awk - lib/*/*.[ch]
#	ctags … | awk -v mode=functions -f layers.awk -

# Folders from the ground up, one row each: what it may include besides itself,
# base and sys, which all may but the pure ones. A row names only folders of
# rows before it. A new capability is a folder of its own: its row goes below all
# that it needs, its README says what it is for.
function table()
{
	# folders that know no file, clock, process or environment
	pure = " base format doc layer merge schema symbol crypto lex kin scan infra " \
	    "toolstate config plan "
	may["base"] = may["cre2"] = ""
	may["sys"] = "base"
	row("sandbox", "")
	row("format", "")
	row("doc", "format")
	row("layer", "format doc")
	row("merge", "format doc layer")
	row("symbol", "doc")
	row("schema", "doc")
	row("crypto", "")
	row("lex", "")
	row("kin", "")
	row("scan", "format lex")
	row("infra", "format doc")
	row("toolstate", "format")
	row("config", "format infra")
	row("plan", "format doc")
	row("net", "crypto")
	row("compress", "")
	row("repo", "")
	row("store", "format doc crypto net")
	row("object", "compress repo")
	row("worktree", "compress repo")
	row("fold", "config repo object")
	row("vault", "infra config repo object")
	row("autosave", "infra repo object vault")
	row("seal", "crypto config compress repo object vault")
	row("key", "format crypto config net repo object vault")
	row("policy", "format scan infra config repo object worktree vault key")
	row("remote", "scan lex repo worktree vault key")
	row("record", "autosave format crypto infra config repo object worktree " \
	    "vault key policy remote")
	row("walk", "infra repo worktree policy")
	row("foreign", "format repo worktree walk")
	row("env", "doc infra config repo object worktree vault policy walk")
	row("graph", "doc symbol crypto infra config compress repo object " \
	    "worktree vault key policy walk env")
	row("part", "symbol graph")
	row("draw", "repo")
	row("safe", "doc crypto config repo object vault seal key policy remote " \
	    "record")
	row("component", "crypto config object repo sandbox vault seal key " \
	    "policy record safe")
	row("audit", "crypto infra repo object vault key policy remote " \
	    "record safe")
	row("view", "crypto infra config repo object worktree vault seal " \
	    "policy remote record safe audit")
	row("detect", "format crypto lex scan config compress repo object " \
	    "worktree vault seal key policy remote record walk safe audit " \
	    "view")
	row("gate", "repo object worktree vault policy remote record detect")
	row("state", "format crypto scan toolstate config compress repo " \
	    "object vault seal key policy record safe detect gate")
	row("statelock", "format repo object vault seal remote audit state")
	row("code", "crypto infra repo object vault seal view state statelock")
	row("whole", "toolstate repo object vault record view state code")
	row("snapshot", "autosave format whole infra toolstate repo object " \
	    "worktree vault seal " \
	    "policy remote record walk foreign safe view detect gate state code")
	row("restore", "foreign autosave format crypto infra compress repo object vault seal " \
	    "record safe audit view snapshot")
	row("verify", "component autosave crypto repo object worktree fold vault seal key " \
	    "remote record walk safe audit view state statelock snapshot " \
	    "restore")
	row("good", "format crypto infra config repo object vault seal key " \
	    "policy record safe audit view detect state whole verify")
	row("retention", "component autosave crypto config repo object worktree fold vault " \
	    "seal policy record safe audit detect snapshot")
	row("rollback", "doc crypto lex scan infra config repo object vault " \
	    "seal policy record safe audit view detect state snapshot " \
	    "restore good")
	row("secret", "format crypto infra config repo object fold vault " \
	    "autosave seal key policy remote record walk safe audit view state " \
	    "retention")
	row("sync", "component format crypto repo object worktree vault seal key " \
	    "remote record safe audit view gate state retention secret")
	row("replica", "crypto format config store repo object vault key policy " \
	    "remote record safe audit gate")
	row("hook", "component crypto infra config repo object worktree vault key " \
	    "policy remote record env safe audit detect state statelock foreign")
	row("param", "doc layer schema symbol lex scan infra config repo " \
	    "object worktree vault policy")
	row("access", "format doc crypto infra config repo object vault key " \
	    "policy env safe audit good param")
	row("lint", "doc lex scan symbol infra config repo worktree graph")
	row("drift", "doc crypto lex scan infra toolstate config repo " \
	    "object worktree vault key policy record env safe view state")
	row("drill", "config doc symbol format crypto scan sandbox repo " \
	    "object seal policy key remote record safe audit view")
	row("evidence", "config crypto format infra repo policy record env " \
	    "vault audit drill")
	row("doctor", "autosave format crypto infra repo object worktree vault key " \
	    "policy remote record safe audit view detect state statelock " \
	    "snapshot verify good replica hook drill")
	row("recover", "format doc crypto scan sandbox infra config net plan repo " \
	    "policy remote record env graph audit state code good drill")
	row("overview", "infra config repo object vault record env safe " \
	    "view state whole snapshot statelock code doctor")
	row("project",
	    "autosave format infra config repo worktree policy overview")
	row("job", "crypto format config net plan repo object policy safe audit " \
	    "good doctor project")
	row("health", "repo object vault policy env draw record safe audit " \
	    "component param drift good drill doctor replica job")
	row("watch", "autosave infra repo worktree policy project")
	row("fleet", "crypto format repo project")
	row("textindex", "compress repo worktree")
	row("search", "scan kin infra repo object policy record textindex")
	row("reuse", "kin infra repo project search")
	row("image", "doc layer crypto config repo object policy param")
	row("serve", "crypto layer toolstate repo fold vault key remote safe audit drill " \
	    "state statelock code sync health image")
	# what the commands see of the folders below the capabilities; the rest
	# they see whole
	may["git-vault"] = "base sys format layer merge infra toolstate plan" \
	    upwards("vault")
	also["git-vault"] = "sandbox/sandbox.h repo/repo.h repo/foreign.h repo/refs.h repo/oid.h " \
	    "object/repo_odb.h object/scratch.h fold/fold.h"
	# the folders of the commands, in the same way; main.c sees them all
	rooms("front", "")
	rooms("component", "")
	rooms("look", "")
	rooms("state", "")
	rooms("analysis", "")
	rooms("upkeep", "")
	rooms("recovery", "state")
	rooms("restore", "look")
	rooms("history", "look")
	rooms("save", "component look")
	rooms("secret", "component upkeep")
	rooms("share", "look upkeep")
	rooms("about", "secret")
	rooms("config", "look state analysis secret")
	rooms("good", "look state restore history")
	rooms("hook", "analysis secret config good")
	# by which the home of a library loads it
	also["crypto"] = also["format"] = "sys/dynlib.h"
	also["store"] = "repo/hash.h"
	also["serve"] = "repo/repo.h repo/oid.h repo/hash.h"

	# the home of each outside library
	home["git2"] = "repo"
	home["zlib"] = "compress object repo"
	home["libdeflate"] = "compress repo"
	home["bzlib"] = home["lzma"] = home["zstd"] = "compress"
	home["nettle"] = "crypto repo worktree"
	home["yaml"] = home["jsmn"] = "format"
	home["sodium"] = "crypto"
	home["cre2"] = "scan foreign view graph layer schema search"
	home["curl"] = "net"
	home["microhttpd"] = "serve"

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

function row(folder, list, n, i, part)
{
	n = split(list, part, " ")
	for (i = 1; i <= n; i++)
		if (!(part[i] in may))
			say("layers.awk", folder " names " part[i] \
			    ", which is not above it")
	may[folder] = (holds(pure, folder) ? "base " : "base sys ") list
	order[++n_order] = folder
}

# A folder of git-vault/, and those above it whose headers it may include besides
# its own and those of front/.
function rooms(folder, list, n, i, part)
{
	n = split(list, part, " ")
	for (i = 1; i <= n; i++)
		if (!(part[i] in beside))
			say("layers.awk", "git-vault/" folder " names " part[i] \
			    ", which is not above it")
	beside[folder] = "front " folder " " list
}

# The folders from this one up.
function upwards(first, i, list, is_on)
{
	for (i = 1; i <= n_order; i++) {
		if (order[i] == first)
			is_on = 1
		if (is_on)
			list = list " " order[i]
	}
	return list
}

# "object" of lib/object/pack.c, "git-vault/state" of git-vault/state/state_out.c.
function folder_of(path, part, n)
{
	n = split(path, part, "/")
	if (n > 2 && part[n - 2] == "git-vault")
		return "git-vault/" part[n - 1]
	return n > 1 ? part[n - 1] : "."
}

# Where the folder is.
function place_of(folder)
{
	return (folder ~ /^git-vault/ ? "" : "lib/") folder
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

function include_ours(name, part, from, room)
{
	from = room = folder_of(FILENAME)
	if (split(name, part, "/") == 1) {
		say(FILENAME, "\"" name "\" does not name its folder")
		return
	}
	if (from ~ /^git-vault/) {
		from = "git-vault"
		sub(/^git-vault\/?/, "", room)
	}
	if (part[1] == "git-vault" && from == "git-vault") {
		if (!(part[2] in beside))
			say(FILENAME, "\"" name "\" is in no folder of ours")
		else if (room != "" && !holds(beside[room], part[2]))
			say(FILENAME, "git-vault/" room "/ must not include \"" \
			    name "\"")
	} else if (!(part[1] in may))
		say(FILENAME, "\"" name "\" is in no folder of ours")
	else if (part[1] != from && !holds(may[from], part[1]) &&
	    !holds(also[from], name))
		say(FILENAME, from "/ must not include \"" name "\"")
	if (FILENAME ~ /\.h$/)
		edge[key_of(FILENAME)] = edge[key_of(FILENAME)] " " name
	if (part[1] == folder_of(FILENAME) && module_of(name) != module_of(FILENAME))
		leans[module_of(FILENAME)] = leans[module_of(FILENAME)] " " \
		    module_of(name)
}

function include_theirs(name, library, from)
{
	from = folder_of(FILENAME)
	library = name
	sub(/[\/.].*/, "", library)
	if (library in home && !holds(home[library], from))
		say(FILENAME, "<" name "> has its home in " home[library] "/")
	# what the processor can is no system
	if (holds(pure, from) && name ~ system_header && name !~ /^sys\/platform/)
		say(FILENAME, "<" name "> in " from "/, which knows no system")
}

function key_of(path)
{
	return folder_of(path) "/" stem_of(path) ".h"
}

# "folder/stem": x.c, x.h and x_internal.h are one module.
function module_of(path, stem)
{
	stem = stem_of(path)
	sub(/_internal$/, "", stem)
	return folder_of(path) "/" stem
}

# Modules of a folder that lean on each other: from each, along what it
# includes, the path is on the stack; the first that comes back is told once.
function lean(module, path, i, n, on)
{
	if (state_of[module] == "done")
		return
	if (state_of[module] == "open") {
		sub("^.* " module " ", module " ", path)
		say(place_of(module), "is in a cycle of modules: " path module)
		return
	}
	state_of[module] = "open"
	n = split(leans[module], on, " ")
	for (i = 1; i <= n; i++)
		lean(on[i], path module " ")
	state_of[module] = "done"
}

# A folder that one can still look over.
function check_size(folder)
{
	if (files_in[folder] > 64)
		say(place_of(folder), "has " files_in[folder] \
		    " files, more than 64; a part of it is a folder of its own")
}

mode == "includes" && FNR == 1 {
	files_in[folder_of(FILENAME)]++
}

# Types of headers have one definition, so that any two can be included.
mode == "includes" && /^(struct|enum|union) gv_[a-z0-9_]+ \{$/ &&
    FILENAME ~ /\.h$/ {
	type = $1 " " $2
	if (type in defined)
		say(FILENAME, type " is defined in " defined[type] ", too")
	else
		defined[type] = FILENAME
}

# A header that reaches itself, found by walking down from each.
function walk(from, i, n, next_ones)
{
	if (colour[from] == "done")
		return
	if (colour[from] == "open") {
		say(place_of(from), "is in a cycle of includes")
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
mode == "symbols" && FNR == 1 && FILENAME ~ /\.c$/ {
	folder[stem_of(FILENAME)] = folder_of(FILENAME)
}

# Which folders have a header that declares a name.
mode == "symbols" && FILENAME ~ /\.h$/ && !/^ \*/ {
	rest = $0
	while (match(rest, /gv_[a-z0-9_]+ ?[(;[]/)) {
		name = substr(rest, RSTART, RLENGTH - 1)
		sub(/ $/, "", name)
		# gawk 5.2 frees an element twice that is new to a function
		if (!(name in declared))
			declared[name] = ""
		if (!holds(declared[name], folder_of(FILENAME)))
			declared[name] = declared[name] " " folder_of(FILENAME)
		rest = substr(rest, RSTART + RLENGTH)
	}
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
	else if (kind ~ /^[TDBRGSCVW]$/ && name ~ /^gv_/ &&
	    !holds(declared[name], in_folder))
		say("lib/" in_folder "/" member ".c",
		    "exports " name ", which no header in " in_folder \
		    "/ declares")
	if (kind != "U" || (member " " name) in except)
		return
	if (name ~ prints)
		say("lib/" in_folder "/" member ".c", "prints: " name)
	if (name ~ exits)
		say("lib/" in_folder "/" member ".c", "ends us: " name)
	if (in_folder != "sys" && (name ~ environment || name ~ clock))
		say("lib/" in_folder "/" member ".c",
		    "asks environment or clock: " name)
	if (!holds("sys sandbox repo object worktree net", in_folder) &&
	    name ~ files)
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
	if (mode == "includes") {
		for (header in edge)
			walk(header)
		for (module in leans)
			lean(module, " ")
		for (folder_name in files_in)
			check_size(folder_name)
	}
	else if (mode == "form")
		end_file()
	else if (mode == "symbols")
		for (i = 1; i <= count; i++)
			check_symbol(who[i], kind[i], what[i])
	exit bad
}
