#include "scan/value_internal.h"

#include <string.h>

#define ENDING_MAX 10 /* bytes of the longest of a file's */

static bool
is_variable(const char *p, size_t len)
{
	size_t i = 1;

	/* '$NAME', of a string that a shell puts together */
	if (len > 4 && p[0] == '\'' && p[1] == '$' && p[len - 1] == '\'')
		p++, len -= 2;
	/* $$NAME of Compose, which leaves $NAME to the shell */
	if (len > 3 && p[0] == '$' && p[1] == '$')
		p++, len--;
	if (p[0] == '$' && len > 1 &&
	    (gv_ascii_is_alnum(p[1]) || p[1] == '_')) {
		while (i < len &&
		    (gv_ascii_is_alnum(p[i]) ||
			(p[i] && strchr("_:./>-[]'\"", p[i])) ||
			(p[i] == '$' && p[i - 1] == '/')))
			i++;
		/* $PASS\nuser=$USER: lines of a string */
		if (i > 2 && i + 1 < len && p[i] == '\\' && p[i + 1] == 'n')
			return !gv_ascii_is_digit(p[1]);
		/* what ends it is of the call or the list around it */
		i += i + 1 == len && strchr(");,", p[i]) != NULL;
		/* $6$… is a hash, $apr1$ too */
		return i == len && !gv_ascii_is_digit(p[1]);
	}
	if (p[0] == '%' && (len == 2 || (p[len - 1] == '%' && len > 2)))
		return true;
	return len > 4 && p[0] == '_' && p[1] == '_' && p[len - 1] == '_' &&
	    p[len - 2] == '_';
}

/* Whether two bytes open something that is replaced later. */
static bool
opens(char a, char b)
{
	switch (a) {
	case '{':
		return b == '{' || b == '%';
	case '$':
		return b == '{' || b == '(' || b == '[';
	case '#':
		return b == '{';
	case '[': /* of a pattern: [^"]* */
		return b == '^';
	case '<':
		return b == '%';
	case '%':
	case '(':
		return b == '(';
	case '"': /* of a shell: '"$X"' */
		return b == '$';
	default:
		return false;
	}
}

/* abcd$[471: of a password. What is replaced is closed again: $[x]. */
static bool
is_never_closed(const char *p, size_t len)
{
	return p[0] == '[' && p[-1] == '$' && memchr(p, ']', len) == NULL;
}

/* @@NAME@@: two such marks; one is of any password. */
static bool
is_marked(const char *p, size_t len)
{
	return len > 4 && p[0] == '@' && p[1] == '@' &&
	    memmem(p + 3, len - 3, "@@", 2) != NULL;
}

/* {name}, {name(…)}, {0}, of what Python formats and JavaScript fills in, and
 * {.name}, a path of kubectl. */
static bool
is_filled(const char *p, size_t len)
{
	size_t i;

	if (p[0] != '{')
		return false;
	if (len > 2 && gv_ascii_is_digit(p[1]) && p[2] == '}')
		return true;
	if (len > 3 && p[1] == '.' && gv_ascii_is_lower(p[2]) &&
	    memchr(p + 3, '}', len - 3))
		return true;
	for (i = 1; i < len && (gv_ascii_is_lower(p[i]) || p[i] == '_'); i++)
		;
	return i > 2 && i < len && p[i] != '\0' && strchr("}(.[", p[i]);
}

/* <user-name>, of what is to be filled in. */
static bool
is_blank_to_fill(const char *p, size_t len)
{
	size_t i = 1;

	if (p[0] != '<')
		return false;
	while (i < len &&
	    (gv_ascii_is_lower(p[i]) || p[i] == '-' || p[i] == '_' ||
		p[i] == ' '))
		i++;
	return i > 3 && i < len && p[i] == '>';
}

/* $__env{NAME}, ${…} of any kind. */
static bool
is_expanded(const char *p, size_t len)
{
	size_t i;

	for (i = 1; i < len && gv_ascii_is_word(p[i]); i++)
		;
	return p[0] == '$' && i < len && p[i] == '{' && p[len - 1] == '}';
}

/* user:$NAME, of a shell. */
static bool
ends_with_variable(const char *p, size_t len)
{
	size_t i = len;

	while (i > 0 && (gv_ascii_is_upper(p[i - 1]) || p[i - 1] == '_'))
		i--;
	return len - i > 2 && i > 1 && p[i - 1] == '$' && p[i - 2] == ':';
}

/* pass:%s\n, which is formatted. */
static bool
ends_with_format(const char *p, size_t len)
{
	if (len > 4 && p[len - 2] == '\\' && p[len - 1] == 'n')
		len -= 2;
	return len > 3 && memcmp(p + len - 3, ":%s", 3) == 0;
}

/* (ConvertTo-SecureString, (0.17.0), (\w+\.): a call, a version, a pattern. */
static bool
is_in_bracket(const char *p, size_t len)
{
	const char *end = memchr(p, ')', len);
	size_t i;

	if (p[0] != '(' || len < 4)
		return false;
	if (memchr(p, '\\', len))
		return true;
	for (i = 1; end == NULL && i < len &&
	     (gv_ascii_is_lower(p[i]) || gv_ascii_is_upper(p[i]) ||
		 p[i] == '-');
	     i++)
		;
	if (i == len)
		return true;
	for (i = 1; i + 1 < len && (gv_ascii_is_digit(p[i]) || p[i] == '.');
	     i++)
		;
	return i + 1 == len;
}

/* (?i), (?:…), (?<…, (.+): a pattern of what a secret looks like. */
static bool
is_pattern(const char *p, size_t len)
{
	if (len <= 3 || p[0] != '(')
		return false;
	if (p[1] == '.' && (p[2] == '+' || p[2] == '*'))
		return p[3] == ')' || (len > 4 && p[3] == '?' && p[4] == ')');
	/* ([A-Z0-9]+) */
	if (p[1] == '[') {
		const char *end = memchr(p, ']', len);

		return end && end + 1 < p + len &&
		    (end[1] == '+' || end[1] == '*');
	}
	return p[1] == '?' && strchr("i:<=!P", p[2]) != NULL;
}

/* \d{1,2}[AP]M, \b(\w+)\b, [a-z][.?!]$: a pattern of words. */
static bool
is_pattern_of_words(const char *p, size_t len)
{
	size_t i, classes = 0;

	for (i = 0; i + 1 < len; i++) {
		if (p[i] == '[' && i + 4 < len && p[i + 2] == '-' &&
		    p[i + 4] == ']' && gv_ascii_is_alnum(p[i + 1]) &&
		    gv_ascii_is_alnum(p[i + 3]))
			return true;
		if (p[i] != '\\' || !memchr("bdswDSW", p[i + 1], 7))
			continue;
		classes++;
		if (i + 2 < len && memchr("{+*?[", p[i + 2], 5))
			return true;
	}
	return classes > 2;
}

bool
gv_value_is_template(const char *p, size_t len, unsigned bits)
{
	size_t i;

	/* s,\(password=\).*,\1x, of sed */
	if (len > 2 && p[0] == '\\' && p[1] == ')')
		return true;
	/* all of these begin so */
	if (!(bits & GV_VALUE_HAS_MARK) && p[0] != '_')
		return false;
	if (is_variable(p, len) || is_expanded(p, len) ||
	    ends_with_variable(p, len) || ends_with_format(p, len))
		return true;
	if (is_in_bracket(p, len) || is_pattern_of_words(p, len))
		return true;
	if (len > 2 && p[0] == '<' && p[len - 1] == '>')
		return true;
	if (len > 2 && p[0] == '[' && p[len - 1] == ']')
		return true;
	if (len > 2 && p[0] == '{' && p[len - 1] == '}' &&
	    memchr(p, ':', len) == NULL)
		return true;
	if (len > 2 && p[0] == '@' && p[len - 1] == '@')
		return true;
	if (len > 2 && p[0] == '^' && p[len - 1] == '$')
		return true;
	/* ###PASSWORD###, and what closes a group of a pattern */
	if (len > 4 && p[0] == '#' && p[1] == '#' && p[len - 1] == '#')
		return true;
	for (i = 1; i < len; i++)
		if (gv_value_bit(p[i - 1]) == GV_VALUE_HAS_MARK &&
		    ((opens(p[i - 1], p[i]) &&
			 !is_never_closed(p + i, len - i)) ||
			is_marked(p + i - 1, len - i + 1) ||
			is_filled(p + i - 1, len - i + 1) ||
			is_blank_to_fill(p + i - 1, len - i + 1) ||
			is_pattern(p + i - 1, len - i + 1)))
			return true;
	return false;
}

/* user[password]: a field of a form. */
static bool
is_field(const char *p, size_t len)
{
	size_t i, opened = 0;

	if (len < 4 || p[len - 1] != ']')
		return false;
	for (i = 0; i + 1 < len; i++) {
		if (p[i] == '[' && i > 0)
			opened++;
		else if (!gv_ascii_is_lower(p[i]) && p[i] != '_')
			return false;
	}
	return opened == 1;
}

/* Parts of names with dots between: module.db.password, process.env.X. */
static bool
is_dotted(const char *p, size_t len)
{
	size_t i = 0, dots = 0, word = 0;
	bool has_colon = false;

	/* sys.argv[1] */
	if (len > 3 && p[len - 1] == ']' && gv_ascii_is_digit(p[len - 2]) &&
	    p[len - 3] == '[')
		len -= 3;
	/* .Values.x and $.Values.x, of Helm */
	if (len > 2 && p[0] == '$')
		i++;
	if (len > 2 && p[i] == '.')
		i++;
	for (; i < len; i++) {
		if (p[i] == '.' || (p[i] == ':' && dots && !has_colon)) {
			if (word < 2)
				return false;
			/* shop.cmd.run:main, an entry point of Python */
			has_colon = p[i] == ':';
			dots++;
			word = 0;
		} else if (gv_ascii_is_lower(p[i]) || gv_ascii_is_upper(p[i]) ||
		    p[i] == '_' || (word && gv_ascii_is_digit(p[i]))) {
			word++;
		} else {
			return false;
		}
	}
	return dots >= 1 && word >= 2;
}

/* @settings.token, of Ruby and Crystal; also with a comma behind it. */
static bool
is_member_of_self(const char *p, size_t len)
{
	size_t i, dots = 0;

	len -= len && p[len - 1] == ',';
	if (len < 6 || p[0] != '@')
		return false;
	for (i = 1; i < len; i++) {
		dots += p[i] == '.' && i > 1 && p[i - 1] != '.';
		if (!gv_ascii_is_lower(p[i]) && p[i] != '_' && p[i] != '.')
			return false;
	}
	return dots > 0 && p[len - 1] != '.';
}

/* hostvars[item].password, also with the comma of a dictionary behind it. */
static bool
is_member_of_item(const char *p, size_t len)
{
	size_t i;

	len -= len && p[len - 1] == ',';
	if (len < 8 || !gv_ascii_is_lower(p[0]) ||
	    memmem(p, len, "].", 2) == NULL)
		return false;
	for (i = 0; i < len; i++)
		if (!gv_ascii_is_lower(p[i]) && p[i] != '_' && p[i] != '.' &&
		    p[i] != '[' && p[i] != ']')
			return false;
	return true;
}

/* get_secret(…): a name of several words, and what it is called with; also
 * Token.objects.get(…). */
static bool
is_called(const char *p, size_t len)
{
	size_t i, joints = 0, capitals = 0, dots = 0;

	for (i = 0; i < len && p[i] != '('; i++) {
		capitals += gv_ascii_is_upper(p[i]);
		if (!gv_ascii_is_lower(p[i]) && !gv_ascii_is_upper(p[i]) &&
		    p[i] != '_' && p[i] != '.' && p[i] != ':')
			return false;
		joints += p[i] == '_' || p[i] == '.';
		dots += p[i] == '.';
	}
	if (i == len || i < 5)
		return false;
	/* OpenSSL::Random.random_bytes(32) */
	if (memmem(p, i, "::", 2) && memchr(p + i, ')', len - i))
		return true;
	/* httpx.Client(, which goes on in the next line */
	if (i + 1 == len && dots > 0)
		return true;
	if (dots > 1 && p[len - 1] == ')' && memchr(p + i, '=', len - i))
		return true;
	/* KeyList.from_json(response).keys */
	if (dots == 1 && joints > 1 && memmem(p + i, len - i, ").", 2))
		return true;
	/* getEnvVar('NAME'), Util::Env.get('NAME') */
	return capitals ? (gv_ascii_is_lower(p[0]) || dots > 0) &&
		i + 2 < len && (p[i + 1] == '\'' || p[i + 1] == '"')
			: joints > 0;
}

/* ENV['PASSWORD'], response["key"]["secret"]: what code looks up. */
static bool
is_looked_up(const char *p, size_t len)
{
	size_t i;

	/* the last bracket may be out of a value in brackets */
	while (len &&
	    (p[len - 1] == ']' || p[len - 1] == ';' || p[len - 1] == ','))
		len--;
	if (len < 6 || !gv_ascii_is_alnum(p[0]))
		return false;
	for (i = 0; i < len && (gv_ascii_is_word(p[i]) || p[i] == '.'); i++)
		;
	return i + 3 < len && p[i] == '[' &&
	    (p[i + 1] == '\'' || p[i + 1] == '"') && p[len - 1] == p[i + 1];
}

/* type.googleapis.com/envoy.v3.Secret: a place, its scheme left out. Digits in
 * its path may be the secret. */
static bool
is_place(const char *p, size_t len)
{
	size_t i, dots = 0, label = 0, digits = 0;

	for (i = 0; i < len && p[i] != '/'; i++, label++) {
		if (p[i] == '.' ? label == 0 : !gv_ascii_is_lower(p[i]))
			return false;
		if (p[i] == '.') {
			dots++;
			label = (size_t)-1;
		}
	}
	if (dots == 0 || label < 2 || i == len)
		return false;
	for (; i < len; i++) {
		if (p[i] != '/' && p[i] != ':' && !gv_ascii_is_name(p[i]))
			return false;
		digits += gv_ascii_is_digit(p[i]);
	}
	return digits < 3;
}

static bool
is_path(const char *p, size_t len)
{
	static const char *const endings[] = { "pem", "key", "crt", "json",
		"yaml", "yml", "txt", "env", "jks", "p12", "pfx", "gpg", "asc",
		"conf", "toml", "ini", "properties", "xml", NULL };
	size_t i, n = 0, signs = 0;

	while (n < len && n <= ENDING_MAX && p[len - n - 1] != '.')
		n++;
	if (n + 1 < len && n <= ENDING_MAX && is_any(p + len - n, n, endings))
		return true;
	if (!begins(p, len, "/") && !begins(p, len, "./") &&
	    !begins(p, len, "../") && !begins(p, len, "~/"))
		return false;
	/* base64 may begin with a slash: a path has one more, and words */
	for (i = 1, n = 0; i < len; i++) {
		n += p[i] == '/';
		signs += p[i] && strchr("<>!#?()|;&^\"'`~,", p[i]) != NULL;
		if (p[i] == '+' || p[i] == '=' || p[i] == '$')
			return false;
	}
	return p[0] != '/' || n > 0 || (len < 24 && signs == 0);
}

/* ext:/scripts/auth.sh: where something reads it, and how. */
static bool
is_asked(const char *p, size_t len)
{
	size_t i = 0, slashes = 0;

	while (i < len && gv_ascii_is_lower(p[i]))
		i++;
	if (i < 2 || i + 2 >= len || p[i] != ':' || p[i + 1] != '/')
		return false;
	for (i++; i < len; i++) {
		slashes += p[i] == '/';
		if (!gv_ascii_is_lower(p[i]) &&
		    !(p[i] && strchr("/-_.0123456789", p[i])))
			return false;
	}
	return slashes > 1;
}

/* C:\ci\token.txt, HKLM:\SOFTWARE\…: a place of Windows. */
static bool
is_on_drive(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && (gv_ascii_is_upper(p[i]) || gv_ascii_is_lower(p[i])))
		i++;
	return i > 0 && i < 6 && i + 2 < len && p[i] == ':' &&
	    p[i + 1] == '\\' && memchr(p + i + 2, '\\', len - i - 2);
}

/* id=token,env=TOKEN of docker build. */
static bool
is_mounted(const char *p, size_t len)
{
	const char *comma = begins(p, len, "id=") ? memchr(p, ',', len) : NULL;
	size_t n = comma ? len - (size_t)(comma + 1 - p) : 0;

	return comma &&
	    (begins(comma + 1, n, "env=") || begins(comma + 1, n, "src="));
}

/* </etc/ssl/key.pass, <path: a file that is read, in Dovecot's settings. */
static bool
is_read_in(const char *p, size_t len)
{
	size_t i;

	for (i = 1; i < len &&
	     (gv_ascii_is_lower(p[i]) || p[i] == '.' || p[i] == '_' ||
		 p[i] == '-');
	     i++)
		;
	return len > 2 && p[0] == '<' && (p[1] == '/' || i == len);
}

/* What begins with such a word stands elsewhere: by the last five bits of the
 * first byte, as below. */
static const char *const references[32][10] = {
	['a' & 31] = { "!", "arn:", "awssm:", "akv:", "aws_", "azurerm_",
	    "args." },
	['b' & 31] = { "bao:" },
	['c' & 31] = { "credentials(", "config." },
	['d' & 31] = { "data.", "doppler:" },
	['e' & 31] = { "each.", "env:", "env(" },
	['f' & 31] = { "file:", "file(" },
	['g' & 31] = { "gcpsecretmanager", "getenv(", "google_" },
	['h' & 31] = { "http://", "https://" },
	['*' & 31] = { "*" },
	['k' & 31] = { "keyvault:", "kubernetes_" },
	['l' & 31] = { "local.", "lookup(" },
	['m' & 31] = { "module." },
	['o' & 31] = { "op://", "os.environ", "options." },
	['p' & 31] = { "projects/", "process.env", "params." },
	['r' & 31] = { "ref+", "random_password.", "request.", "req." },
	['s' & 31] = { "secretsmanager:", "ssm:", "system.getenv", "secrets.",
	    "self.", "settings.", "spiffe://", "secret://", "sm://" },
	['t' & 31] = { "this." },
	['v' & 31] = { "var.", "vault:secret" },
	['{' & 31] = { "{resolve:", "{{resolve:" },
};

bool
gv_value_is_reference(const char *p, size_t len, unsigned bits)
{
	static const char *const none = NULL;
	const char *const *mark = len ? references[p[0] & 31] : &none;

	/* a URL with a password in it is for the rule of those */
	for (; *mark; mark++)
		if (begins(p, len, *mark))
			return true;
	/* --password, the name of an option */
	if (len > 2 && begins(p, len, "--") && gv_ascii_is_lower(p[2]))
		return true;
	if (len > 5 && bits & GV_VALUE_HAS_JOINT && is_on_drive(p, len))
		return true;
	if (bits & GV_VALUE_HAS_MARK &&
	    (is_field(p, len) || is_called(p, len) || is_looked_up(p, len) ||
		is_read_in(p, len)))
		return true;
	if (is_mounted(p, len) ||
	    (bits & GV_VALUE_HAS_SLASH && is_asked(p, len)))
		return true;
	if (bits & GV_VALUE_HAS_DOT &&
	    (is_dotted(p, len) || is_place(p, len) ||
		is_member_of_item(p, len) || is_member_of_self(p, len)))
		return true;
	return bits & (GV_VALUE_HAS_DOT | GV_VALUE_HAS_SLASH) &&
	    is_path(p, len);
}
