#include "scan/value_internal.h"

#include <string.h>

#define ENDING_MAX 10 /* bytes of the longest of a file's */

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

	/* the last argument of a call */
	len -= len > 1 && p[len - 1] == ')';
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

/* @accounts[user], of Ruby. */
static bool
is_item_of_self(const char *p, size_t len)
{
	size_t i, opened = 0;

	if (len < 6 || p[0] != '@' || p[len - 1] != ']')
		return false;
	for (i = 1; i + 1 < len; i++) {
		if (p[i] == '[' && i > 1)
			opened++;
		else if (!gv_ascii_is_lower(p[i]) && p[i] != '_' &&
		    p[i] != ':' && p[i] != '\'' && p[i] != '"')
			return false;
	}
	return opened == 1;
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

/* p('director.db.password'), MD5(%p): a call of one argument, which is a name
 * or is put in there. */
static bool
is_call_of_name(const char *p, size_t len)
{
	size_t i = 0, from;
	char quote;

	while (len && (p[len - 1] == ',' || p[len - 1] == ';'))
		len--;
	len -= len && p[len - 1] == ')';
	while (i < len && gv_ascii_is_word(p[i]))
		i++;
	if (i == 0 || i + 3 > len || p[i] != '(')
		return false;
	if (i + 3 == len && p[i + 1] == '%' && gv_ascii_is_lower(p[i + 2]))
		return true;
	quote = p[++i];
	for (from = ++i;
	     i < len && (gv_ascii_is_lower(p[i]) || p[i] == '_' || p[i] == '.');
	     i++)
		;
	return (quote == '\'' || quote == '"') && i + 1 == len && i > from &&
	    p[i] == quote;
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
	/* close({, which goes on in the next line */
	if (i > 2 && i + 2 == len && p[i + 1] == '{')
		return true;
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
	/* unwrap($x)['password'] */
	if (memmem(p + i, len - i, ")['", 3) && memchr(p + len - 2, ']', 2))
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
	/* settings[, which a quote ends */
	if (i + 1 == len && p[i] == '[')
		return true;
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
	['@' & 31] = { "@env:", "@keychain:" },
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
	const unsigned letters =
	    GV_VALUE_HAS_LOWER | GV_VALUE_HAS_UPPER | GV_VALUE_HAS_DIGIT;
	const char *const *mark = len ? references[p[0] & 31] : &none;

	/* all but one of these have a sign in them */
	if (!(bits & ~letters))
		return begins(p, len, "gcpsecretmanager");
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
	    (is_field(p, len) || is_called(p, len) || is_call_of_name(p, len) ||
		is_looked_up(p, len) || is_read_in(p, len) ||
		is_item_of_self(p, len)))
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
