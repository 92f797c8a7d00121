#include "scan/scanner.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "lex/ascii.h"
#include "lex/seek.h"
#include "scan/check.h"

#define PEM_MAX     16384
#define LABEL_MAX   40
#define PEM_MIN     48 /* characters of base64 in the smallest key */
#define PEM_LINE    24 /* and in its longest line */
#define JWT_MAX     8192
#define URL_MAX     1024
#define HEAD_MAX    512
#define PASSING_MAX 31622400 /* seconds: a year */
#define PREFIX_MAX  64
#define LITERAL_MIN 4

/* --- PEM (RFC 7468), also on one line with \n for line ends, and indented ---
 */

struct pem {
	const char *text;
	size_t prefix, prefix_len; /* what each line begins with, in a log */
	bool is_cut;               /* its rest was left out */
	size_t from, to;           /* the first and behind the last of base64 */
	size_t chars;
	size_t run, longest; /* of it, without anything between */
	char head[24];       /* its first characters */
	bool is_encrypted;
};

/* Lines "Name: value" in front of an old encrypted key. */
static size_t
skip_header(struct pem *pem, const char *p, size_t at, size_t end)
{
	static const char mark[] = "ENCRYPTED";
	const char *nl = memchr(p + at, '\n', end - at);
	size_t stop = nl ? (size_t)(nl - p) : end;
	const char *colon = memchr(p + at, ':', stop - at);

	if (colon == NULL || memmem(p + at, stop - at, "-----", 5))
		return at;
	if (memmem(p + at, stop - at, mark, sizeof(mark) - 1))
		pem->is_encrypted = true;
	return stop;
}

/* Past what a log puts in front of each line: the same as in front of the first
 * one, but for digits. */
static size_t
skip_prefix(const struct pem *pem, const char *p, size_t at, size_t end)
{
	const char *a = p + pem->prefix, *b = p + at;
	size_t i;

	if (pem->prefix_len == 0 || end - at <= pem->prefix_len)
		return at;
	for (i = 0; i < pem->prefix_len; i++)
		if (a[i] != b[i] &&
		    !(gv_ascii_is_digit(a[i]) && gv_ascii_is_digit(b[i])))
			return at;
	return at + pem->prefix_len;
}

/* Remember what is in front of the first line. */
static void
find_prefix(struct pem *pem, const char *p, size_t at)
{
	size_t from = at;
	bool is_text = false;

	while (from > 0 && at - from < PREFIX_MAX &&
	    !gv_ascii_is_eol(p[from - 1])) {
		from--;
		is_text |= gv_ascii_is_alnum(p[from]);
	}
	if (!is_text || (from > 0 && !gv_ascii_is_eol(p[from - 1])))
		return;
	pem->prefix = from;
	pem->prefix_len = at - from;
}

static void
read_body(struct pem *pem, const char *p, size_t at, size_t end)
{
	for (; at < end && p[at] != '-'; at++) {
		if (p[at] == '\\' && at + 1 < end) {
			pem->run = 0;
			at++; /* \n, \r of an escaped one */
			continue;
		}
		if (p[at] == '\n' && pem->prefix_len) {
			pem->run = 0;
			at = skip_prefix(pem, p, at + 1, end) - 1;
			continue;
		}
		if (gv_base64_value(p[at]) < 0 && p[at] != '=') {
			pem->run = 0;
			if (gv_ascii_is_space(p[at]) ||
			    (p[at] && strchr("\"',>|#", p[at])))
				continue;
			if (p[at] == ':') {
				pem->chars = 0;
				at = skip_header(pem, p, at, end);
				continue;
			}
			pem->is_cut = p[at] == '.' || p[at] == '[';
			break;
		}
		if (pem->chars == 0)
			pem->from = at;
		if (pem->chars < sizeof(pem->head) - 1)
			pem->head[pem->chars] = p[at];
		pem->chars++;
		if (++pem->run > pem->longest)
			pem->longest = pem->run;
		pem->to = at + 1;
	}
}

/* DER of a SEQUENCE, or OpenSSH's own form. */
static bool
is_key(const char *head)
{
	return head[0] == 'M' || strncmp(head, "b3BlbnNzaC1rZXktdjE", 19) == 0;
}

static bool
scan_pem(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t label = at + strlen("-----BEGIN "), end = len, stop;
	struct pem pem = { .text = text };
	const char *dashes;

	if (end - at > PEM_MAX)
		end = at + PEM_MAX;
	if (label >= end)
		return false;
	dashes = memmem(text + label,
	    end - label < LABEL_MAX ? end - label : LABEL_MAX, "-----", 5);
	if (dashes == NULL)
		return false;
	stop = (size_t)(dashes - text);
	if (memmem(text + label, stop - label, "PRIVATE KEY", 11) == NULL)
		return false;
	pem.is_encrypted =
	    memmem(text + label, stop - label, "ENCRYPTED", 9) != NULL;
	find_prefix(&pem, text, at);
	read_body(&pem, text, stop + 5, end);
	/* words that follow a mention of one are no key */
	if (pem.chars < PEM_MIN || pem.longest < PEM_LINE)
		return false;
	out->at = pem.from;
	out->len = pem.to - pem.from;
	out->is_proved = is_key(pem.head) && !pem.is_cut;
	out->is_weak = pem.is_encrypted || pem.is_cut;
	return true;
}

/* --- JSON web tokens (RFC 7519) --- */

static size_t
segment(const char *p, size_t len, size_t at)
{
	size_t n = 0;

	while (at + n < len && (gv_base64_value(p[at + n]) >= 0) &&
	    p[at + n] != '+' && p[at + n] != '/')
		n++;
	return n;
}

/* How many characters a signature has at least, by the member "alg" of its
 * header: of RSA those of 1024 bits. */
static size_t
least_of_signature(const char *head, size_t len)
{
	static const struct {
		const char *alg;
		size_t least;
	} algs[] = { { "\"RS", 171 }, { "\"PS", 171 }, { "\"HS384", 64 },
		{ "\"HS512", 86 }, { "\"ES", 86 }, { "\"EdDSA", 86 } };
	size_t i;

	for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (memmem(head, len, algs[i].alg, strlen(algs[i].alg)))
			return algs[i].least;
	return 43; /* of 256 bits */
}

/* The number behind a name in claims, or 0. */
static uint64_t
number_of(const char *claims, size_t len, const char *name)
{
	const char *p = memmem(claims, len, name, strlen(name));
	const char *end = claims + len;
	uint64_t n = 0;

	if (p == NULL)
		return 0;
	for (p += strlen(name); p < end && *p == ' '; p++)
		;
	for (; p < end && gv_ascii_is_digit(*p) && n < UINT64_MAX / 100; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

/* Whether it counts for a year at most, from when it was given. */
static bool
is_passing(const char *claims, size_t len)
{
	uint64_t end = number_of(claims, len, "\"exp\":");
	uint64_t from = number_of(claims, len, "\"iat\":");

	if (from == 0)
		from = number_of(claims, len, "\"nbf\":");
	return from && end > from && end - from <= PASSING_MAX;
}

/* The claims, as many as there is room for: false unless they are an object.
 * They may say that it soon passes. The subject of published examples counts
 * to nine, or is of a domain that is there for examples, as is the issuer or
 * the audience. */
static bool
read_claims(bool *is_example, bool *passes, const char *p, size_t len)
{
	char claims[1200];
	size_t n = len < 1600 ? len - len % 4 : 1600;
	long all = gv_base64_decode(claims, sizeof(claims), p, n ? n : len);

	if (all > (long)sizeof(claims))
		all = (long)sizeof(claims);
	*is_example = all > 0 &&
	    (memmem(claims, (size_t)all, "123456789", 9) ||
		memmem(claims, (size_t)all, "example.com", 11) ||
		memmem(claims, (size_t)all, "example.org", 11));
	*passes = all > 0 && is_passing(claims, (size_t)all);
	return all > 0 && claims[0] == '{';
}

static bool
scan_jwt(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	char head[HEAD_MAX];
	bool is_sealed, has_claims, is_example;
	size_t a, b, c;
	long n;

	if (at > 0 &&
	    (gv_base64_value(text[at - 1]) >= 0 || text[at - 1] == '.'))
		return false;
	if (len - at > JWT_MAX)
		len = at + JWT_MAX;
	a = segment(text, len, at);
	if (a < 16 || at + a >= len || text[at + a] != '.')
		return false;
	b = segment(text, len, at + a + 1);
	if (b < 8 || at + a + 1 + b >= len || text[at + a + 1 + b] != '.')
		return false;
	c = segment(text, len, at + a + b + 2);
	n = gv_base64_decode(head, sizeof(head), text + at, a);
	if (n > HEAD_MAX)
		n = HEAD_MAX;
	if (n <= 0 || head[0] != '{' ||
	    memmem(head, (size_t)n, "\"alg\"", 5) == NULL)
		return false;
	out->at = at;
	out->len = a + b + c + 2;
	has_claims =
	    read_claims(&is_example, &out->is_passing, text + at + a + 1, b);
	/* of one that is encrypted nothing can be said */
	is_sealed = memmem(head, (size_t)n, "\"enc\"", 5) != NULL;
	out->is_weak = c == 0 || memmem(head, (size_t)n, "\"none\"", 6) ||
	    (!is_sealed &&
		(c < least_of_signature(head, (size_t)n) || !has_claims));
	out->is_formed = true;
	out->is_proved = !out->is_weak && !is_sealed && !is_example;
	return c > 0;
}

/* --- the password in scheme://user:password@host (RFC 3986, 3.2.1) --- */

/* Blanks, ends of lines, NUL and any of /?#"'`<>\,; */
static inline bool
ends_authority(char ch)
{
	static const char table[256] = "1000000001100100"
				       "0000000000000000"
				       "1011000100001001"
				       "0000000000011011"
				       "0000000000000000"
				       "0000000000001000"
				       "1000000000000000"
				       "0000000000000000";

	return table[(unsigned char)ch] & 1;
}

static bool
is_scheme(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	    (ch >= '0' && ch <= '9') || ch == '+' || ch == '-' || ch == '.';
}

static bool
scan_url(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t from, i, colon = 0, sign = 0;

	/* an anchor may begin with the scheme */
	while (at < len && is_scheme(text[at]))
		at++;
	from = at + 3;
	if (len - at < 4 || memcmp(text + at, "://", 3) != 0 || at == 0 ||
	    !is_scheme(text[at - 1]))
		return false;
	if (len - from > URL_MAX)
		len = from + URL_MAX;
	/* most have no user: a host comes first, and what ends it */
	i = gv_seek_any(text, from, len, '@', '/', '\n');
	if (i == len || text[i] != '@')
		return false;
	/* raw marks in a password are common, too */
	for (i = from; i < len &&
	     (!ends_authority(text[i]) ||
		 (colon && sign == 0 && (text[i] == '#' || text[i] == '?')));
	     i++) {
		if (text[i] == ':' && colon == 0)
			colon = i;
		/* of several the last: passwords with '@' are common */
		if (text[i] == '@' && colon)
			sign = i;
	}
	if (sign == 0 || sign <= colon + 1)
		return false;
	out->at = colon + 1;
	out->len = sign - colon - 1;
	out->user = from;
	out->users = colon - from;
	return true;
}

/* --- name=value lists: ODBC, .NET, libpq, JDBC's parameters --- */

static bool
ends_setting(char ch)
{
	return gv_ascii_is_space(ch) || strchr(";&\"'`<>,", ch) != NULL;
}

/* Whether there is another setting in the same string: before it up to what
 * sets it off, or behind it. */
static bool
is_in_list(const char *text, size_t len, size_t name, size_t end)
{
	size_t i;

	for (i = name; i > 0 && name - i < URL_MAX; i--) {
		char ch = text[i - 1];

		if (ch == '=')
			return true;
		if (ch == '\n' || strchr("\"'`", ch))
			break;
	}
	for (i = end; i < len && i - end < URL_MAX; i++) {
		if (text[i] == '=')
			return true;
		if (text[i] == '\n' || strchr("\"'`", text[i]))
			break;
	}
	return false;
}

/* The anchor ends in '='. */
static bool
scan_connstring(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	const char *sign;
	size_t from, to;

	sign = memchr(text + at, '=', len - at < 64 ? len - at : 64);
	if (sign == NULL)
		return false;
	from = to = (size_t)(sign - text) + 1;
	while (to < len && to - from < URL_MAX && !ends_setting(text[to]))
		to++;
	if (to == from || !is_in_list(text, len, at, to))
		return false;
	out->at = from;
	out->len = to - from;
	return true;
}

/* jdbc:KIND:…?user=x&password=y, or Oracle's jdbc:oracle:thin:user/password@.
 */
static bool
scan_jdbc(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	static const char name[] = "password=";
	size_t i, end = at, slash = 0;

	while (end < len && end - at < URL_MAX &&
	    !gv_ascii_is_space(text[end]) &&
	    strchr("\"'`<>", text[end]) == NULL)
		end++;
	for (i = at; i + sizeof(name) < end; i++)
		if (memcmp(text + i, name, sizeof(name) - 1) == 0)
			return scan_connstring(out, text, end, i);
	if (memmem(text + at, end - at, "://", 3))
		return scan_url(out, text, end, at + strlen("jdbc:"));
	for (i = at; i < end; i++) {
		if (text[i] == '/' && slash == 0)
			slash = i;
		if (text[i] != '@' || slash == 0 || i <= slash + 1)
			continue;
		out->at = slash + 1;
		out->len = i - slash - 1;
		return true;
	}
	return false;
}

/* --- what is all the rest of a line --- */

static bool
scan_npmrc(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	const char *sign =
	    memchr(text + at, '=', len - at < 64 ? len - at : 64);
	size_t from, to;

	if (sign == NULL)
		return false;
	from = (size_t)(sign - text) + 1;
	while (from < len && (text[from] == ' ' || text[from] == '"'))
		from++;
	for (to = from; to < len && to - from < URL_MAX &&
	     !gv_ascii_is_space(text[to]) && text[to] != '"';
	     to++)
		;
	out->at = from;
	out->len = to - from;
	return to > from;
}

/* Authorization: Basic, and the base 64 of user:password. */
static bool
scan_basic(struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t from = at, to;

	while (from < len && from - at < 40 && text[from] != ' ')
		from++;
	while (from < len && text[from] == ' ')
		from++;
	/* past the scheme, where the anchor is the header's name */
	if (len - from > 6 && memcmp(text + from, "Basic ", 6) == 0)
		from += 6;
	else if (len - from > 7 && memcmp(text + from, "ApiKey ", 7) == 0)
		from += 7;
	for (to = from;
	     to < len && to - from < URL_MAX && gv_base64_value(text[to]) >= 0;
	     to++)
		;
	if (gv_check("base64-userinfo", text + from, to - from) !=
	    GV_CHECK_RIGHT)
		return false;
	out->at = from;
	out->len = to - from;
	out->is_proved = true;
	return true;
}

/* --- secrets on a tool's command line --- */

/* Of a shell, outside of quotes. */
static bool
ends_word(char ch)
{
	switch (ch) {
	case '"':
	case '\'':
	case '`':
	case ';':
	case '&':
	case '|':
	case ')':
	case '<':
	case '>':
	case '\\':
	case '\0':
		return true;
	default:
		return gv_ascii_is_space(ch);
	}
}

bool
gv_scanner_word(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	char quote = '\0';
	size_t limit;

	if (at < len && (text[at] == '"' || text[at] == '\''))
		quote = text[at++];
	out->at = at;
	limit = len - at < URL_MAX ? len : at + URL_MAX;
	while ((at = gv_seek_sign(text, at, limit)) < limit &&
	    (quote ? text[at] != quote : !ends_word(text[at])))
		at++;
	out->len = at - out->at;
	return out->len > 0;
}

static size_t
skip_blanks(const char *text, size_t len, size_t at)
{
	while (at < len && gv_ascii_is_blank(text[at]))
		at++;
	return at;
}

/* Whether the option belongs to `kubectl create configmap`, whose literals are
 * not secret, and not to `kubectl create secret`. */
static bool
is_of_config(const char *text, size_t at)
{
	size_t from = at > HEAD_MAX ? at - HEAD_MAX : 0, i;

	for (i = at; i > from + 9; i--) {
		if (memcmp(text + i - 9, "configmap", 9) == 0)
			return true;
		if (memcmp(text + i - 6, "secret", 6) == 0)
			return false;
	}
	return false;
}

static bool
scan_literal(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	size_t i = at + strlen("--from-literal");
	char quote = '\0';

	if (i >= len || is_of_config(text, at) ||
	    (text[i] != '=' && !gv_ascii_is_blank(text[i])))
		return false;
	i = text[i] == '=' ? i + 1 : skip_blanks(text, len, i);
	if (i < len && (text[i] == '"' || text[i] == '\''))
		quote = text[i++];
	for (out->name = i;
	     i < len && text[i] != '=' && !gv_ascii_is_space(text[i]); i++)
		;
	out->names = i - out->name;
	if (i >= len || text[i] != '=' ||
	    !gv_scanner_word(out, text, len, i + 1))
		return false;
	/* URI=postgres://<user>: what is to be filled in */
	i = out->at + out->len;
	if (i < len && text[i] == '<')
		return false;
	/* if the quotes are around NAME=value, the value may have blanks */
	for (i = out->at; quote && i < len && text[i] != quote; i++)
		if (gv_ascii_is_eol(text[i]))
			return true;
	if (quote && i < len)
		out->len = i - out->at;
	return out->len >= LITERAL_MIN;
}

/* aws configure set aws_secret_access_key x, with options in between. */
static bool
scan_awsconfig(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at)
{
	static const char *const names[] = { "secret_access_key",
		"session_token", "password", "secret", "token" };
	size_t i = skip_blanks(text, len, at + strlen("aws configure set")),
	       from, k, n;

	while (i + 2 < len && memcmp(text + i, "--", 2) == 0) {
		while (i < len && !gv_ascii_is_space(text[i]) && text[i] != '=')
			i++;
		i = i < len && text[i] == '=' ? i + 1
					      : skip_blanks(text, len, i);
		while (i < len && !gv_ascii_is_space(text[i]))
			i++;
		i = skip_blanks(text, len, i);
	}
	for (from = i; i < len && !gv_ascii_is_space(text[i]); i++)
		;
	for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		n = strlen(names[k]);
		if (i - from >= n && memcmp(text + i - n, names[k], n) == 0)
			return gv_scanner_word(
			    out, text, len, skip_blanks(text, len, i));
	}
	return false;
}

gv_scanner_fn
gv_scanner_find(const char *name)
{
	static const struct {
		const char *name;
		gv_scanner_fn fn;
	} scanners[] = {
		{ "awsconfig", scan_awsconfig },
		{ "basic", scan_basic },
		{ "command", gv_scanner_command },
		{ "connstring", scan_connstring },
		{ "cookie", gv_scanner_cookie },
		{ "device", gv_scanner_device },
		{ "jdbc", scan_jdbc },
		{ "jwt", scan_jwt },
		{ "literal", scan_literal },
		{ "npmrc", scan_npmrc },
		{ "pem", scan_pem },
		{ "sql", gv_scanner_sql },
		{ "url", scan_url },
	};
	size_t i;

	for (i = 0; i < sizeof(scanners) / sizeof(scanners[0]); i++)
		if (strcmp(scanners[i].name, name) == 0)
			return scanners[i].fn;
	return NULL;
}
