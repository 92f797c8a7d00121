#include "scan/value.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "scan/ascii.h"
#include "scan/value_internal.h"

static bool
is_hex(char ch)
{
	return gv_ascii_is_digit(ch) ||
	    (gv_ascii_small(ch) >= 'a' && gv_ascii_small(ch) <= 'f');
}

/* Compared without regard to case; `word` is in small letters. */
static inline bool
begins(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (i == len || gv_ascii_small(p[i]) != word[i])
			return false;
	return true;
}

static bool
is(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (word[i] == '\0' || gv_ascii_small(p[i]) != word[i])
			return false;
	return word[len] == '\0';
}

static bool
holds(const char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (begins(p + i, len - i, word))
			return true;
	return false;
}

static bool
is_any(const char *p, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (is(p, len, *words))
			return true;
	return false;
}

#define ENDING_MAX 10 /* bytes of the longest of a file's */

#define BIT(ch) (1u << ((ch)&31))

/* `firsts` has a bit for the last five of each byte that a word begins with,
 * in which case does not count. */
static bool
begins_any(const char *p, size_t len, uint32_t firsts, const char *const *words)
{
	if (len == 0 || !(firsts >> (p[0] & 31) & 1))
		return false;
	for (; *words; words++)
		if (begins(p, len, *words))
			return true;
	return false;
}

/* n log2 n; of what stands there a few times, which is nearly all. */
static double
weight(unsigned n)
{
	static const double few[] = { 0, 0, 2, 4.754887502163468, 8,
		11.60964047443681, 15.509775004326936, 19.651484454403228, 24 };

	return n < sizeof(few) / sizeof(few[0]) ? few[n] : n * log2(n);
}

double
gv_value_entropy(const char *p, size_t len)
{
	unsigned count[256] = { 0 };
	double sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		count[(unsigned char)p[i]]++;
	for (i = 0; i < len; i++) {
		unsigned *n = &count[(unsigned char)p[i]];

		sum += weight(*n);
		*n = 0;
	}
	return len ? log2((double)len) - sum / (double)len : 0;
}

static bool
is_empty(const char *p, size_t len)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on",
		"off", "null", "nil", "none", "undefined", "n/a", "na", "void",
		"string", "str", "int", "bool", "boolean", "object", "optional",
		"required", "enabled", "disabled", "default", "empty", "unset",
		"unknown", "{}", "[]", "\"\"", "''", "~", "-", NULL };

	/* ``password: false``. */
	while (len && (p[len - 1] == '`' || p[len - 1] == '.'))
		len--;
	return len == 0 || (len <= 9 && is_any(p, len, words));
}

/* --- what stands for another value --- */

static bool
is_variable(const char *p, size_t len)
{
	size_t i = 1;

	if (p[0] == '$' && len > 1 &&
	    (gv_ascii_is_alnum(p[1]) || p[1] == '_')) {
		while (i < len &&
		    (gv_ascii_is_alnum(p[i]) || strchr("_:./>-[]'\"", p[i])))
			i++;
		/* the bracket is of a call around it */
		i += i + 1 == len && p[i] == ')';
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
	case '<':
		return b == '%';
	case '%':
	case '(':
		return b == '(';
	case '@':
		return b == '@';
	case '"': /* of a shell: '"$X"' */
		return b == '$';
	default:
		return false;
	}
}

/* {name}, {name(…)}, of what Python formats and JavaScript fills in. */
static bool
is_filled(const char *p, size_t len)
{
	size_t i;

	if (p[0] != '{')
		return false;
	for (i = 1; i < len && (gv_ascii_is_lower(p[i]) || p[i] == '_'); i++)
		;
	return i > 2 && i < len && p[i] != '\0' && strchr("}(.[", p[i]);
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

/* (?i), (?:…), (?<…: a pattern of what a secret looks like. */
static bool
is_pattern(const char *p, size_t len)
{
	return len > 3 && p[0] == '(' && p[1] == '?' &&
	    strchr("i:<=!P", p[2]) != NULL;
}

static bool
is_template(const char *p, size_t len)
{
	size_t i;

	if (is_variable(p, len) || is_expanded(p, len))
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
	for (i = 1; i < len; i++)
		if (!gv_ascii_is_alnum(p[i - 1]) &&
		    (opens(p[i - 1], p[i]) ||
			is_filled(p + i - 1, len - i + 1) ||
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
		if (p[i] == '.') {
			if (word < 2)
				return false;
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

/* get_secret(…): a name of several words, and what it is called with. */
static bool
is_called(const char *p, size_t len)
{
	size_t i, joints = 0;

	for (i = 0; i < len && p[i] != '('; i++) {
		if (!gv_ascii_is_lower(p[i]) && p[i] != '_' && p[i] != '.')
			return false;
		joints += !gv_ascii_is_lower(p[i]);
	}
	return i < len && i > 4 && joints > 0;
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
	size_t i, n = 0;

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
		if (p[i] == '+' || p[i] == '=' || p[i] == '$')
			return false;
	}
	return p[0] != '/' || n > 0 || len < 24;
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

static bool
is_reference(const char *p, size_t len)
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
	return is_dotted(p, len) || is_path(p, len) || is_field(p, len) ||
	    is_called(p, len) || is_looked_up(p, len) || is_place(p, len);
}

/* --- what is not in clear --- */

/* ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]: all of it, not a mention. */
static bool
is_sops(const char *p, size_t len)
{
	return len > 40 && begins(p, len, "enc[aes256_gcm,data:") &&
	    p[len - 1] == ']' && holds(p, len, ",iv:") &&
	    holds(p, len, ",tag:");
}

/* Of a SealedSecret, whose name may stand far above: base 64 that begins with
 * the length of a key of RSA, 2 and 0. */
static bool
is_sealed(const char *p, size_t len)
{
	size_t i;

	if (len < 300 || p[0] != 'A' || p[1] != 'g')
		return false;
	while (p[len - 1] == '=')
		len--;
	for (i = 2; i < len; i++)
		if (!gv_ascii_is_alnum(p[i]) && p[i] != '+' && p[i] != '/')
			return false;
	return true;
}

static bool
is_ciphertext(const char *p, size_t len)
{
	static const char *const marks[] = { "$ansible_vault;", "!vault",
		"-----begin age encrypted file", "-----begin pgp message",
		"vault:v", "{cipher}", "enc(", "enc:v1:", "pkcs7[",
		"enc[pkcs7,", "aqicah", "ciphertext:", "gitvault[", NULL };
	static const uint32_t firsts = BIT('$') | BIT('!') | BIT('-') |
	    BIT('v') | BIT('{') | BIT('e') | BIT('p') | BIT('c') | BIT('g');

	return is_sops(p, len) || is_sealed(p, len) ||
	    begins_any(p, len, firsts, marks);
}

static bool
is_public(const char *p, size_t len)
{
	static const char *const marks[] = { "ssh-rsa ", "ssh-ed25519 ",
		"ecdsa-sha2-", "-----begin public key",
		"-----begin rsa public key", "-----begin certificate",
		"-----begin pgp public", "age1", "pk_live_", "pk_test_",
		"-----begin ssh2 public", NULL };
	static const uint32_t firsts =
	    BIT('s') | BIT('e') | BIT('-') | BIT('a') | BIT('p');

	return begins_any(p, len, firsts, marks);
}

static bool
is_hash(const char *p, size_t len)
{
	static const char *const marks[] = { "$1$", "$2a$", "$2b$", "$2y$",
		"$5$", "$6$", "$7$", "$y$", "$apr1$", "$argon2", "$pbkdf2",
		"{sha}", "{ssha", "{bcrypt}", "{pbkdf2", "pbkdf2_sha",
		"pbkdf2:", "scram-sha-", "bcrypt_sha", "scrypt:", NULL };
	static const uint32_t firsts =
	    BIT('$') | BIT('{') | BIT('p') | BIT('s') | BIT('b');

	return len > 12 && begins_any(p, len, firsts, marks);
}

/* --- what is nobody's --- */

/* Nearly all the same, or each the next in 0…9a…z and around again. */
static bool
is_run(const char *p, size_t len)
{
	size_t i, same = 0, next = 0;
	char a = len ? gv_ascii_small(p[0]) : 0, b;

	for (i = 1; i < len; i++, a = b) {
		b = gv_ascii_small(p[i]);
		same += p[i] == p[i - 1];
		next += (b == a + 1 && gv_ascii_is_alnum(a) &&
			    gv_ascii_is_alnum(b)) ||
		    (a == '9' && b == 'a') || (a == 'z' && b == '0');
	}
	return len > 2 &&
	    (same + 1 >= len || (len > 8 && same * 3 > len * 2) ||
		(len > 9 && next * 5 > len * 4));
}

/* What makes a placeholder wherever it stands, by the last five bits of its
 * first byte, in which case does not count: '-' is where 'm' is, '.' with 'n'.
 * Most bytes are told apart by the second. */
static const struct {
	uint32_t second;
	const char *words[8];
} placeholders[32] = {
	['c' & 31] = { BIT('h'),
	    { "changeme", "change_me", "change-me", "changeit", "change_it" } },
	['d' & 31] = { BIT('u'), { "dummy" } },
	['e' & 31] = { BIT('x') | BIT('n'),
	    { "example", "enter_your", "enter-your" } },
	['f' & 31] = { BIT('i') | BIT('a'),
	    { "fixme", "fill_in", "fill-in", "fakefake" } },
	['h' & 31] = { BIT('i'), { "hidden" } },
	['i' & 31] = { BIT('n'), { "insert_", "insert-" } },
	['k' & 31] = { BIT('n'), { "known after apply" } },
	['m' & 31] = { BIT('y') | BIT('a') | BIT('h') | BIT('-'),
	    { "my_secret_", "mysecretpass", "masked", "-here", "--token--" } },
	['n' & 31] = { BIT('o') | BIT('.'),
	    { "not-a-real", "not_a_real", "notareal", "...." } },
	['o' & 31] = { BIT('m'), { "omitted" } },
	['p' & 31] = { BIT('l') | BIT('u'),
	    { "placeholder", "put_your", "put-your" } },
	['r' & 31] = { BIT('e'),
	    { "replace_", "replace-", "replaceme", "redacted" } },
	['s' & 31] = { BIT('a') | BIT('e') | BIT('u'),
	    { "sample", "set_me", "set-me", "setme", "sensitive value",
		"supersecretpass" } },
	['t' & 31] = { BIT('o'), { "todo", "to_be_", "to-be-" } },
	['x' & 31] = { BIT('x'), { "xxxx" } },
	['y' & 31] = { BIT('o'),
	    { "your_", "your-", "yourpass", "yoursecret", "yourtoken",
		"yourkey", "yourapi" } },
	['*' & 31] = { BIT('*'), { "****" } },
	['_' & 31] = { BIT('h'), { "_here" } },
	['<' & 31] = { BIT('s'), { "<secret" } },
};

/* These, where they are all of it. */
static const char *const whole[] = { "password", "passwd", "secret", "token",
	"pass", "pwd", "key", "apikey", "api_key", "api-key", "credentials",
	"foo", "bar", "baz", "foobar", "tbd", "test", "value", "username",
	"user", "auth", "private", "mytoken", "mysecret", "mypassword",
	"my-secret", "my_secret", "the-token", "the_password", "basic",
	"bearer", "plain", "text", NULL };

/* Short words come about in what is random: they must be of one case, but for
 * the first letter, and in long tokens no letter or digit stand on both sides
 * of them. */
static bool
is_chance(const char *p, size_t len, size_t at, size_t n)
{
	size_t i;

	if (n > 6)
		return false;
	for (i = at + 2; i < at + n; i++)
		if (gv_ascii_is_upper(p[i]) != gv_ascii_is_upper(p[at + 1]))
			return true;
	if (gv_ascii_is_lower(p[at]) && gv_ascii_is_upper(p[at + 1]))
		return true;
	return len >= 20 && at > 0 && gv_ascii_is_alnum(p[at - 1]) &&
	    at + n < len && gv_ascii_is_alnum(p[at + n]) && p[at + n] != p[at];
}

static bool
is_placeholder(const char *p, size_t len)
{
	const char *const *word;
	size_t i, n = len;

	/* what closes around it */
	while (n && (p[n - 1] == ')' || p[n - 1] == '}' || p[n - 1] == '.'))
		n--;
	if (is_run(p, len) || (n <= 12 && is_any(p, n, whole)))
		return true;
	/* AAAAB3Nza..., its rest left out */
	if (len > 5 && memcmp(p + len - 3, "...", 3) == 0)
		return true;
	for (i = 0; i + 4 <= len; i++) {
		if (!(placeholders[p[i] & 31].second >> (p[i + 1] & 31) & 1))
			continue;
		for (word = placeholders[p[i] & 31].words; *word; word++)
			if (begins(p + i, len - i, *word) &&
			    !is_chance(p, len, i, strlen(*word)))
				return true;
	}
	return false;
}

static bool
is_uuid(const char *p, size_t len)
{
	size_t i;

	if (len != 36)
		return false;
	for (i = 0; i < len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? p[i] != '-'
							    : !is_hex(p[i]))
			return false;
	return true;
}

static bool
is_digest(const char *p, size_t len)
{
	static const char *const marks[] = { "sha1:", "sha256:", "sha384:",
		"sha512:", "sha1-", "sha256-", "sha384-", "sha512-",
		"md5:", "h1:", "blake2b:", "blake3:", NULL };
	static const uint32_t firsts =
	    BIT('s') | BIT('m') | BIT('h') | BIT('b');

	return begins_any(p, len, firsts, marks);
}

/* Also addresses, ports, dates and versions. */
static bool
is_number(const char *p, size_t len)
{
	size_t i;

	bool is_time = len >= 19 && p[4] == '-' && p[10] == 'T';

	for (i = 0; i < len; i++)
		if (!gv_ascii_is_digit(p[i]) &&
		    (p[i] == '\0' || !strchr("._/:-+,%", p[i])) &&
		    !(is_time && (i == 10 || (p[i] == 'Z' && i + 1 == len))))
			return false;
	return len > 0;
}

/* Several words, most of them of letters; of a sentence fewer: "8-128 letters,
 * at least 1 number". */
static bool
is_prose(const char *p, size_t len)
{
	size_t i, words = 1, letters = 0;

	/* a token has none, and no order that a loop with branches could use */
	if (memchr(p, ' ', len) == NULL)
		return false;
	for (i = 0; i < len; i++) {
		words += p[i] == ' ' && i + 1 < len && p[i + 1] != ' ';
		letters += gv_ascii_is_lower(p[i]) || gv_ascii_is_upper(p[i]) ||
		    (p[i] & 0x80) || p[i] == ' ' || p[i] == ',' ||
		    p[i] == '.' || p[i] == '\'';
	}
	return (words >= 3 && letters * 10 >= len * 9) ||
	    (words >= 7 && letters * 4 >= len * 3);
}

/* Words that need no blanks, and letters that no keyboard for passwords has: at
 * least half of it is outside of ASCII. */
static bool
is_foreign(const char *p, size_t len)
{
	size_t i, high = 0, digits = 0;

	for (i = 0; i < len; i++) {
		high += (unsigned char)p[i] >> 7;
		digits += gv_ascii_is_digit(p[i]);
	}
	return high >= 4 && high * 2 >= len &&
	    (digits == 0 || high * 4 >= len * 3);
}

static bool
is_joint(char ch)
{
	return ch == '-' || ch == '_' || ch == '.' || ch == ':' || ch == '/';
}

/* Words of letters with '-', '_', '.', ':' or '/' between, at least two, all
 * of one case, a number at the end at most, but for one as "k8s". */
static bool
is_identifier(const char *p, size_t len)
{
	size_t i, word = 0, joints = 0, odd = 0;
	bool lower = false, upper = false;

	for (i = 0; i < len; i++) {
		if (is_joint(p[i])) {
			/* a__b, of two names */
			if (word == 0 && i > 0 &&
			    (p[i] != '_' || p[i - 1] != '_'))
				return false;
			joints++;
			word = 0;
			continue;
		}
		if (gv_ascii_is_digit(p[i])) {
			/* a short number ends a word: db-1, v2 */
			if (word > 0 && len - i > 2 && !gv_ascii_is_digit(p[i]))
				return false;
			word++;
			continue;
		}
		if (!gv_ascii_is_lower(p[i]) && !gv_ascii_is_upper(p[i]))
			return false;
		if (i > 0 && gv_ascii_is_digit(p[i - 1]) &&
		    (word != 2 || odd++))
			return false;
		lower |= gv_ascii_is_lower(p[i]);
		upper |= gv_ascii_is_upper(p[i]);
		word++;
		if (word > 16)
			return false;
	}
	return joints > 0 && word > 0 && lower != upper;
}

static enum gv_value_shape
shape_of(const char *p, size_t len)
{
	if (is_empty(p, len))
		return GV_VALUE_EMPTY;
	if (is_ciphertext(p, len))
		return GV_VALUE_CIPHERTEXT;
	if (is_hash(p, len))
		return GV_VALUE_HASH;
	if (is_template(p, len))
		return GV_VALUE_TEMPLATE;
	if (is_public(p, len))
		return GV_VALUE_PUBLIC;
	if (is_reference(p, len) || gv_value_is_code(p, len))
		return GV_VALUE_REFERENCE;
	if (is_placeholder(p, len))
		return GV_VALUE_PLACEHOLDER;
	if (is_uuid(p, len))
		return GV_VALUE_UUID;
	if (is_digest(p, len))
		return GV_VALUE_DIGEST;
	if (is_number(p, len))
		return GV_VALUE_NUMBER;
	if (is_prose(p, len) || is_foreign(p, len))
		return GV_VALUE_PROSE;
	if (is_identifier(p, len))
		return GV_VALUE_IDENTIFIER;
	return GV_VALUE_LITERAL;
}

void
gv_value_judge(struct gv_value *out, const char *p, size_t len)
{
	bool lower = false, upper = false, digit = false, other = false;
	size_t i;

	while (len && gv_ascii_is_eol(p[len - 1]))
		len--;
	for (i = 0; i < len; i++) {
		bool is_letter = gv_ascii_is_lower((char)(p[i] | 32));
		bool is_digit = gv_ascii_is_digit(p[i]);

		lower |= is_letter & !!(p[i] & 32);
		upper |= is_letter & !(p[i] & 32);
		digit |= is_digit;
		other |= !(is_letter | is_digit);
	}
	*out = (struct gv_value){ .shape = shape_of(p, len),
		.has_lower = lower,
		.has_upper = upper,
		.has_digit = digit,
		.has_other = other,
		.bits = gv_value_entropy(p, len) };
}
