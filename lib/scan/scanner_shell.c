#include "scan/scanner.h"

#include <string.h>

#include "lex/ascii.h"
#include "lex/seek.h"

#define COMMAND_MAX   1024 /* bytes of a command line */
#define STATEMENT_MAX 256  /* bytes of SQL in front of a password */
#define OPTIONS_MAX   96   /* between the user and the password */
#define COOKIE_MIN    16   /* bytes of a session's id */
#define VALUE_MIN     4
#define DEVICE_MIN    6
#define BELOW_MAX     6 /* lines from the head of a block to its key */

/* Without quotes a word may as well be one of a sentence: "Enable password
 * authentication", "identified by name". */
static bool
is_no_word(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && !gv_ascii_is_digit(p[i]) &&
	    !(i > 0 && gv_ascii_is_upper(p[i])))
		i++;
	return i < len;
}

/* --- SQL --- */

/* Whether `word`, in small letters, is in the text, whose case does not count.
 */
static bool
holds(const char *p, size_t len, const char *word)
{
	size_t n = strlen(word), i, k;

	for (i = 0; i + n <= len; i++) {
		for (k = 0; k < n && gv_ascii_small(p[i + k]) == word[k]; k++)
			;
		if (k == n)
			return true;
	}
	return false;
}

static bool
begins(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (i == len || gv_ascii_small(p[i]) != word[i])
			return false;
	return true;
}

/* Whether a word that sets a password begins here; one without quotes is only
 * set by few. */
static bool
begins_statement(const char *p, size_t len, bool is_quoted)
{
	switch (p[0]) {
	case 'A':
	case 'a':
		return begins(p, len, "alter") || begins(p, len, "add user");
	case 'C':
	case 'c':
		return begins(p, len, "create");
	case 'G':
	case 'g':
		return begins(p, len, "grant");
	case 'O':
	case 'o':
		return is_quoted && begins(p, len, "options");
	case 'S':
	case 's':
		return begins(p, len, "set password");
	case 'W': /* in small letters it is a word of any sentence */
		return is_quoted && len > 3 && memcmp(p, "WITH", 4) == 0;
	default:
		return false;
	}
}

/* Whether a statement in front of `at` sets a password: it goes back to the
 * last ';'. */
static bool
is_statement(const char *text, size_t at, bool is_quoted)
{
	size_t least = at > STATEMENT_MAX ? at - STATEMENT_MAX : 0, i;

	for (i = at; i > least && text[i - 1] != ';' &&
	     (is_quoted || text[i - 1] != '\n');
	     i--)
		if (begins_statement(text + i - 1, at - i + 1, is_quoted))
			return true;
	return false;
}

/* postgresql_password('user', $password): of a call with several the first is
 * no password. */
static bool
is_one_of_several(const char *text, size_t end, const struct gv_scanner_hit *h)
{
	size_t at = h->at + h->len;

	return at + 1 < end && text[at + 1] == ',';
}

/* CREATE USER x IDENTIFIED BY 'y', IDENTIFIED WITH z BY 'y', ALTER ROLE x
 * PASSWORD 'y', SET PASSWORD = PASSWORD('y'). */
bool
gv_scanner_sql(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t end = len - at > STATEMENT_MAX ? at + STATEMENT_MAX : len;
	bool is_by = begins(text + at, end - at, "identified");
	size_t i = at, n;
	bool is_call, is_quoted;

	/* createPassword "x" is of a program */
	if (at > 0 && gv_ascii_is_alnum(text[at - 1]))
		return false;
	while (i < end && gv_ascii_is_name(text[i]))
		i++;
	for (;;) {
		while (i < end && gv_ascii_is_blank(text[i]))
			i++;
		for (n = 0; i + n < end && gv_ascii_is_name(text[i + n]); n++)
			;
		if (n == 0 || !is_by)
			break;
		i += n;
		if (n == 2 && begins(text + i - n, n, "by")) {
			while (i < end && gv_ascii_is_blank(text[i]))
				i++;
			if (begins(text + i, end - i, "password "))
				i += strlen("password ");
			break;
		}
	}
	is_call = i < end && text[i] == '(';
	i += is_call;
	/* outside of quotes only Oracle takes one */
	if (i >= end || (text[i] != '\'' && !is_by))
		return false;
	is_quoted = i < end && (text[i] == '\'' || text[i] == '"');
	return gv_scanner_word(out, text, end, i) && out->len >= VALUE_MIN &&
	    !(is_call && is_one_of_several(text, end, out)) &&
	    (is_quoted || is_no_word(text + out->at, out->len)) &&
	    is_statement(text, at, is_quoted);
}

/* --- command lines --- */

enum way {
	WORD,     /* -p password */
	ATTACHED, /* -ppassword */
	USER,     /* -u user:password */
	PERCENT,  /* -U user%password */
	COMMA,    /* -u user,password */
	SECOND,   /* user password, behind the tool */
	THIRD,    /* user host password */
	SECURE,   /* --value password, with --type SecureString */
	SLASH,    /* user/password@service */
	BEHIND,   /* /user:name password */
};

struct tool {
	const char *name;
	const char *options[4];
	enum way way;
};

static const struct tool tools[] = {
	{ "check_snmp", { "-C" }, WORD },
	{ "curl", { "-u", "--user", "-U", "--proxy-user" }, USER },
	{ "docker login", { "-p" }, WORD },
	{ "ejabberdctl register", { NULL }, THIRD },
	{ "ipa-client-install", { "-w", "--password" }, WORD },
	{ "ipa-replica-install", { "-w", "-p" }, WORD },
	{ "ipa-server-install", { "-p", "-a" }, WORD },
	{ "keyvault secret set", { "--value" }, WORD },
	{ "ldapadd", { "-w" }, WORD },
	{ "ldapmodify", { "-w" }, WORD },
	{ "ldappasswd", { "-w", "-s" }, WORD },
	{ "ldapsearch", { "-w" }, WORD },
	{ "lftp", { "-u", "--user" }, COMMA },
	{ "mariadb", { "-p" }, ATTACHED },
	{ "mongo", { "-p" }, WORD },
	{ "mongodump", { "-p" }, WORD },
	{ "mongosh", { "-p" }, WORD },
	{ "mosquitto_pub", { "-P" }, WORD },
	{ "mosquitto_sub", { "-P" }, WORD },
	{ "mysql", { "-p" }, ATTACHED },
	{ "mysqladmin", { "-p" }, ATTACHED },
	{ "mysqldump", { "-p" }, ATTACHED },
	{ "net use", { NULL }, BEHIND },
	{ "net user", { NULL }, SECOND },
	{ "podman login", { "-p" }, WORD },
	{ "prosodyctl register", { NULL }, THIRD },
	{ "rabbitmqctl add_user", { NULL }, SECOND },
	{ "rabbitmqctl change_password", { NULL }, SECOND },
	{ "redis-cli", { "-a", "--pass" }, WORD },
	{ "registry login", { "-p" }, WORD },
	{ "samba-tool user create", { NULL }, SECOND },
	{ "smbclient", { "-U" }, PERCENT },
	{ "sqlplus", { NULL }, SLASH },
	{ "ssm put-parameter", { "--value" }, SECURE },
};

static const struct tool *
find_tool(const char *text, size_t len, size_t at)
{
	const struct tool *tool = tools;
	size_t i, n;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++, tool++) {
		if (tool->name[0] != text[at])
			continue;
		n = strlen(tool->name);
		if (len - at > n && memcmp(text + at, tool->name, n) == 0 &&
		    gv_ascii_is_blank(text[at + n]))
			return tool;
	}
	return NULL;
}

/* Whether the name of the same tool is at `at`, which is looked at by itself:
 * no option behind it needs to be read twice. */
static bool
is_next(const struct tool *tool, const char *text, size_t at, size_t end)
{
	const size_t n = strlen(tool->name);

	return text[at] == tool->name[0] && end - at > n &&
	    !gv_ascii_is_name(text[at - 1]) &&
	    memcmp(text + at, tool->name, n) == 0 &&
	    gv_ascii_is_blank(text[at + n]);
}

/* Where a command ends: with its line, unless that goes on, in front of the
 * next command, or of the same tool outside of quotes. */
static size_t
end_of_command(const struct tool *tool, const char *text, size_t len, size_t at)
{
	size_t end = len - at > COMMAND_MAX ? at + COMMAND_MAX : len, i;
	char quote = '\0';

	for (i = at; i < end; i++) {
		char ch = text[i];

		/* a name begins behind a sign, and all else is one */
		if (gv_ascii_is_alnum(ch)) {
			if (!quote && is_next(tool, text, i, len))
				break;
			i = gv_seek_sign(text, i, end) - 1;
			continue;
		}
		if ((gv_ascii_is_eol(ch) && text[i - 1] != '\\') || ch == '|' ||
		    (ch == ';' && i > at) || (ch == '&' && text[i - 1] == '&'))
			break;
		if (quote ? ch == quote : ch == '"' || ch == '\'')
			quote = quote ? '\0' : ch;
	}
	return i;
}

/* Whether the word at `i` is one of the options; then where its value is. */
static size_t
value_of(const struct tool *tool, const char *text, size_t i, size_t end)
{
	size_t k, n;

	for (k = 0; k < 4 && tool->options[k]; k++) {
		n = strlen(tool->options[k]);
		if (end - i <= n || memcmp(text + i, tool->options[k], n) != 0)
			continue;
		i += n;
		if (tool->way == ATTACHED)
			return gv_ascii_is_space(text[i]) ? 0 : i;
		if (text[i] != '=' && !gv_ascii_is_blank(text[i]) &&
		    (n > 2 || tool->way != USER))
			return 0;
		i += text[i] == '=';
		while (i < end && gv_ascii_is_blank(text[i]))
			i++;
		return i < end ? i : 0;
	}
	return 0;
}

/* Leave what stands behind the sign between a user and a password. */
static bool
take_behind(struct gv_scanner_hit *out, const char *text, char sign, char stop)
{
	const char *p = memchr(text + out->at, sign, out->len);
	const char *end = text + out->at + out->len, *last;

	if (p == NULL || p == text + out->at)
		return false;
	last = stop ? memchr(p + 1, stop, (size_t)(end - p) - 1) : NULL;
	out->user = out->at;
	out->users = (size_t)(p - text) - out->at;
	out->len = (size_t)((last ? last : end) - p) - 1;
	out->at = (size_t)(p + 1 - text);
	return true;
}

/* app/secret@ORA1, in the first words behind the tool that are no option. */
static bool
take_slash(struct gv_scanner_hit *out, const char *text, size_t i, size_t end)
{
	while (i < end) {
		while (i < end && gv_ascii_is_space(text[i]))
			i++;
		if (i < end && text[i] != '-' && text[i] != '/' &&
		    text[i] != '@')
			break;
		while (i < end && !gv_ascii_is_space(text[i]))
			i++;
	}
	/* hr@host/service asks for it */
	return i < end && gv_scanner_word(out, text, end, i) &&
	    take_behind(out, text, '/', '@') &&
	    memchr(text + out->user, '@', out->users) == NULL;
}

/* net use Z: \\\\host\\share /user:name password. */
static bool
take_behind_user(
    struct gv_scanner_hit *out, const char *text, size_t i, size_t end)
{
	static const char word[] = "/user:";

	while (i < end && !begins(text + i, end - i, word))
		i++;
	while (i < end && !gv_ascii_is_space(text[i]))
		i++;
	while (i < end && gv_ascii_is_blank(text[i]))
		i++;
	return i < end && !memchr("/*%-", text[i], 4) &&
	    gv_scanner_word(out, text, end, i) && out->len >= VALUE_MIN &&
	    text[out->at] != '$';
}

/* The word of that number behind the tool. */
static bool
take_place(struct gv_scanner_hit *out, const char *text, size_t i, size_t end,
    size_t number)
{
	for (; number > 0; number--) {
		while (i < end && gv_ascii_is_blank(text[i]))
			i++;
		if (i == end || text[i] == '-' || text[i] == '/' ||
		    !gv_scanner_word(out, text, end, i))
			return false;
		i = out->at + out->len;
		i += i < end && (text[i] == '"' || text[i] == '\'');
	}
	return out->len >= VALUE_MIN && text[out->at] != '$';
}

static bool
take_value(struct gv_scanner_hit *out, const struct tool *tool,
    const char *text, size_t i, size_t end)
{
	if (!gv_scanner_word(out, text, end, i))
		return false;
	if (tool->way == USER && !take_behind(out, text, ':', '\0'))
		return false;
	if (tool->way == PERCENT && !take_behind(out, text, '%', '\0'))
		return false;
	if (tool->way == COMMA && !take_behind(out, text, ',', '\0'))
		return false;
	return out->len >= VALUE_MIN && text[out->at] != '$' &&
	    text[out->at] != '-';
}

/* TOOL -u user -p password, TOOL -U user -P password, TOOL login -p password,
 * of a tool that nobody has named: a path or a list of ports is not a password.
 */
static bool
take_option(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	static const char *const words[] = { " -u ", " --username", " --user",
		" login ", " -U ", " -l " };
	size_t low = at > OPTIONS_MAX ? at - OPTIONS_MAX : 0, from = at, i;

	for (i = at + 1; i < len && text[i] != ' '; i++)
		;
	if (!gv_scanner_word(out, text, len, i + 1) || out->len < DEVICE_MIN ||
	    text[out->at] == '$' || memchr(text + out->at, '/', out->len) ||
	    memchr(text + out->at, ':', out->len) ||
	    !is_no_word(text + out->at, out->len))
		return false;
	while (from > low && !gv_ascii_is_eol(text[from - 1]) &&
	    text[from - 1] != '|' && text[from - 1] != ';')
		from--;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(
			text + from, at + 1 - from, words[i], strlen(words[i])))
			break;
	return i < sizeof(words) / sizeof(words[0]);
}

/* Whether a command of SNMP is in front of an option on its line: -A and -X
 * mean something else to others. */
static bool
is_of_snmp(const char *text, size_t at)
{
	size_t low = at > OPTIONS_MAX ? at - OPTIONS_MAX : 0, from = at;

	while (from > low && !gv_ascii_is_eol(text[from - 1]))
		from--;
	return memmem(text + from, at - from, "snmp", 4) != NULL;
}

bool
gv_scanner_command(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	const struct tool *tool = find_tool(text, len, at);
	size_t i, end, value;

	if (text[at] == ' ' && at + 2 < len &&
	    (text[at + 2] == 'A' || text[at + 2] == 'X'))
		return is_of_snmp(text, at) && take_option(out, text, len, at);
	if (text[at] == ' ')
		return take_option(out, text, len, at);
	if (tool == NULL || (at > 0 && gv_ascii_is_name(text[at - 1])))
		return false;
	i = at + strlen(tool->name);
	end = end_of_command(tool, text, len, i);
	if (tool->way == SECURE &&
	    memmem(text + i, end - i, "SecureString", 12) == NULL)
		return false;
	if (tool->way == SECOND || tool->way == THIRD)
		return take_place(
		    out, text, i, end, tool->way == SECOND ? 2 : 3);
	if (tool->way == BEHIND)
		return take_behind_user(out, text, i, end);
	if (tool->way == SLASH)
		return take_slash(out, text, i, end) && out->len >= VALUE_MIN;
	for (; i + 2 < end; i++) {
		if (text[i] != '-' || !gv_ascii_is_space(text[i - 1]))
			continue;
		value = value_of(tool, text, i, end);
		if (value && take_value(out, tool, text, value, end))
			return true;
	}
	return false;
}

/* --- cookies --- */

static bool
is_session(const char *p, size_t len)
{
	static const char *const words[] = { "sess", "sid", "auth", "token",
		"jwt", "remember" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (holds(p, len, words[i]))
			return true;
	return false;
}

/* Cookie: theme=dark; sessionid=… */
bool
gv_scanner_cookie(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t end = len - at > COMMAND_MAX ? at + COMMAND_MAX : len;
	const char *colon = memchr(text + at, ':', end - at);
	size_t i = colon ? (size_t)(colon - text) + 1 : end, name, n;

	while (i < end && !gv_ascii_is_eol(text[i]) && text[i] != '"' &&
	    text[i] != '\'') {
		while (i < end && (text[i] == ' ' || text[i] == ';'))
			i++;
		for (name = i; i < end && gv_ascii_is_name(text[i]); i++)
			;
		n = i - name;
		if (n == 0 || i == end || text[i] != '=')
			return false;
		for (out->at = ++i; i < end && !gv_ascii_is_space(text[i]) &&
		     strchr(";\"'\\", text[i]) == NULL;
		     i++)
			;
		out->len = i - out->at;
		/* web tokens have a rule of their own */
		if (out->len >= COOKIE_MIN && is_session(text + name, n))
			return memcmp(text + out->at, "eyJ", 3) != 0;
	}
	return false;
}

/* --- devices of networks --- */

/* Where the word that the value follows ends, or `end`. */
static size_t
behind_word(const char *text, size_t at, size_t end)
{
	static const char *const words[] = { "ascii ", "ascii-text ",
		"community ", "key ", "key-string ", "md5 ", "password ",
		"psksecret ", "rocommunity ", "rwcommunity ", "secret " };
	size_t i, k;

	for (i = at; i < end; i++) {
		if (i > at && !gv_ascii_is_blank(text[i - 1]) &&
		    text[i - 1] != '-')
			continue;
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (begins(text + i, end - i, words[k]))
				return i + strlen(words[k]);
	}
	return end;
}

/* Past what says how the value is stored, or who may use it: 0, simple,
 * plaintext, level 3 simple. */
static size_t
skip_storage(bool *is_typed, const char *text, size_t i, size_t end)
{
	static const char *const words[] = { "ascii-text ", "cipher ", "clear ",
		"cleartext ", "clear-text ", "key ", "irreversible-cipher ",
		"plain ", "plaintext ", "plain-text ", "read ", "simple ",
		"unencrypted ", "write " };
	size_t k, from;

	do {
		while (i < end && gv_ascii_is_blank(text[i]))
			i++;
		from = i;
		if (begins(text + i, end - i, "level "))
			i += strlen("level ");
		if (i + 2 < end && gv_ascii_is_digit(text[i]) &&
		    (gv_ascii_is_blank(text[i + 1]) ||
			(i > from && gv_ascii_is_digit(text[i + 1]))))
			i += 2;
		/* which no other begins with */
		for (k = 0; i == from && i < end &&
		     strchr("acikprsuwACIKPRSUW", text[i]) &&
		     k < sizeof(words) / sizeof(words[0]);
		     k++)
			if (begins(text + i, end - i, words[k]))
				i += strlen(words[k]);
		*is_typed |= i > from;
	} while (i > from);
	return i;
}

/* aaa-server, radius server and tacacs server of Cisco have the key on one of
 * the lines below, which are indented. */
static size_t
find_key_below(const char *text, size_t at, size_t end)
{
	const char *nl;
	size_t lines, i = at;

	for (lines = 0; lines < BELOW_MAX; lines++) {
		nl = memchr(text + i, '\n', end - i);
		i = nl ? (size_t)(nl - text) + 1 : end;
		if (i == end || !gv_ascii_is_blank(text[i]))
			return end;
		while (i < end && gv_ascii_is_blank(text[i]))
			i++;
		if (begins(text + i, end - i, "key "))
			return i + strlen("key ");
	}
	return end;
}

/* Whether such a block begins here. */
static bool
is_head(const char *p, size_t len)
{
	return begins(p, len, "aaa-server ") ||
	    begins(p, len, "radius server") || begins(p, len, "tacacs server");
}

/* Whether the line of `at` begins with what devices set passwords by: one that
 * is "plaintext" may also be in a sentence. */
static bool
is_set_of_device(const char *text, size_t at)
{
	static const char *const words[] = { "enable ", "local-user ",
		"password ", "set ", "user ", "username " };
	size_t low = at > STATEMENT_MAX ? at - STATEMENT_MAX : 0, i = at, k;

	while (i > low && !gv_ascii_is_eol(text[i - 1]))
		i--;
	while (i < at && gv_ascii_is_blank(text[i]))
		i++;
	for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (begins(text + i, at - i, words[k]))
			return true;
	return false;
}

/* Whether a community follows by what it may do: ro, rw. */
static bool
is_access(const char *p, const char *end)
{
	return end - p > 2 && p[0] == ' ' && gv_ascii_small(p[1]) == 'r' &&
	    (gv_ascii_small(p[2]) == 'o' || gv_ascii_small(p[2]) == 'w') &&
	    (end - p == 3 || gv_ascii_is_space(p[3]));
}

/* radius-server key X, enable secret 0 X, password simple X. */
bool
gv_scanner_device(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t end = len - at > STATEMENT_MAX ? at + STATEMENT_MAX : len, i;
	const char *nl = memchr(text + at, '\n', end - at);
	size_t eol = nl ? (size_t)(nl - text) : end;
	bool is_typed = false;

	if (begins(text + at, eol - at, "plaintext "))
		i = is_set_of_device(text, at) ? at : eol;
	else
		i = behind_word(text, at, eol);
	if (i == eol && nl && is_head(text + at, eol - at)) {
		i = find_key_below(text, eol, end);
		nl = memchr(text + i, '\n', end - i);
		eol = nl ? (size_t)(nl - text) : end;
	}
	i = skip_storage(&is_typed, text, i, eol);
	if (i >= eol || text[i] == '$' || text[i] == '*' || text[i] == '<' ||
	    begins(text + i, eol - i, "enc "))
		return false;
	return gv_scanner_word(out, text, eol, i) && out->len >= DEVICE_MIN &&
	    (is_typed || is_no_word(text + out->at, out->len) ||
		is_access(text + out->at + out->len, text + eol));
}
