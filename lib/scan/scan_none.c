#include "scan/scan_internal.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "lex/ascii.h"

/*
 * Pairs that are no secret in whatever place: parts of programs, noise, what
 * is looked up, what is to be filled in.
 */

#define TAIL_MIN    6   /* bytes of a value that a name ends with */
#define SSH_KEY_MIN 60  /* bytes of the shortest private key */
#define BESIDE      160 /* bytes in which a digest is, beside its salt */

static bool
has_blank(const char *p, size_t len)
{
	return memchr(p, ' ', len) || memchr(p, '\t', len);
}

/* What only code has, wherever it is: `…`, which a shell runs, and the name of
 * a variable with the comma behind it, of a dictionary. */
static bool
is_code(const char *p, const struct gv_lex_pair *pair)
{
	size_t i, len = pair->value_len;
	bool has_digit = false;

	if (pair->quote == '`')
		return has_blank(p, len);
	/* "password = " + x + "\n" */
	if (pair->quote && len > 4 && p[0] == ' ' && p[1] == '+' &&
	    p[len - 1] == ' ' && p[len - 2] == '+')
		return true;
	/* '--password="' + x + '"', and with dots of PHP */
	if (pair->quote && len > 6 && memchr("'\"", p[0], 2) &&
	    (memcmp(p + 1, " + ", 3) == 0 || memcmp(p + 1, " . ", 3) == 0) &&
	    memcmp(p + len - 3 - (p[len - 1] == p[0]), p + 1, 3) == 0)
		return true;
	if (pair->mark != GV_LEX_PLAIN || p[len - 1] != ',')
		return false;
	for (i = 0; i + 1 < len; i++) {
		if (!gv_ascii_is_word(p[i]))
			return false;
		has_digit |= gv_ascii_is_digit(p[i]);
	}
	/* base64Token, */
	return !has_digit || gv_score_is_wordy(p, len - 1);
}

/* Whether the character is of no text in any encoding of single bytes. */
static bool
is_control(char c)
{
	return (unsigned char)c < ' ' && c != '\t' && c != '\n' && c != '\r';
}

bool
gv_scan_is_noise(const char *text, const struct gv_lex_pair *pair)
{
	enum { BEFORE = 24 };
	const size_t end = pair->value + pair->value_len;
	size_t i, n_high = 0;

	if (gv_utf8_is_valid(text + pair->value, pair->value_len))
		return false;
	for (i = pair->value; i < end; i++)
		n_high += (unsigned char)text[i] > 0x7f;
	if (n_high * 3 > pair->value_len)
		return true;
	i = pair->name > BEFORE ? pair->name - BEFORE : 0;
	while (i < end && !is_control(text[i]))
		i++;
	return i < end;
}

/* Whether the value is its own name: access_token = "access-token". */
static bool
is_its_name(const char *text, const struct gv_lex_pair *pair)
{
	const char *a = text + pair->name, *b = text + pair->value;
	const char *a_end = a + pair->name_len, *b_end = b + pair->value_len;

	for (; a < a_end || b < b_end; a++, b++) {
		while (a < a_end && !gv_ascii_is_alnum(*a))
			a++;
		while (b < b_end && !gv_ascii_is_alnum(*b))
			b++;
		if (a == a_end || b == b_end)
			break;
		if (gv_ascii_small(*a) != gv_ascii_small(*b))
			return false;
	}
	return a >= a_end && b >= b_end;
}

/* The same, whatever joins its parts: how many bytes from the end of `a` all of
 * `b` takes, or 0. */
static size_t
tail_of(const char *a, size_t len, const char *b, size_t n)
{
	size_t i = len, k = n;

	while (k > 0) {
		while (i > 0 && !gv_ascii_is_alnum(a[i - 1]))
			i--;
		while (k > 0 && !gv_ascii_is_alnum(b[k - 1]))
			k--;
		if (k == 0 || i == 0)
			break;
		if (gv_ascii_small(a[i - 1]) != gv_ascii_small(b[k - 1]))
			return 0;
		i--;
		k--;
	}
	return k == 0 ? len - i : 0;
}

/* Secret_OAuth2Token Secret = "OAuth2Token", "PGSSLPASSWORD": "sslpassword":
 * constants of a program, which are called as their values are. */
static bool
is_called_so(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text, *value = text + pair->value;
	size_t end = pair->name, from, i;

	if (lex->syntax != GV_SYNTAX_CODE || pair->value_len < TAIL_MIN)
		return false;
	for (i = 0; i < pair->value_len; i++)
		if (!gv_ascii_is_name(value[i]))
			return false;
	if (tail_of(text + pair->name, pair->name_len, value, pair->value_len))
		return true;
	while (end > 0 && gv_ascii_is_blank(text[end - 1]))
		end--;
	for (from = end; from > 0 && gv_ascii_is_word(text[from - 1]); from--)
		;
	return end < pair->name &&
	    tail_of(text + from, end - from, value, pair->value_len) > 0;
}

/* ssh_key: r050-1f…, --ssh-key name: what a key is called; one is longer. */
static bool
is_name_of_key(const char *text, const struct gv_lex_pair *pair)
{
	const char *end = text + pair->name + pair->name_len;

	return pair->value_len < SSH_KEY_MIN && pair->name_len >= 7 &&
	    gv_ascii_small(end[-1]) == 'y' &&
	    strncasecmp(end - 3, "key", 3) == 0 &&
	    !gv_ascii_is_alnum(end[-4]) && strncasecmp(end - 7, "ssh", 3) == 0;
}

/* PasswordManager("tcp:9999"): the name of a function whose last word says what
 * it makes. */
static bool
is_made_by(const char *text, const struct gv_lex_pair *pair)
{
	size_t end = pair->name + pair->name_len, at = end;

	if (pair->mark != GV_LEX_QUOTED || text[end] != '(' ||
	    pair->value != end + 2)
		return false;
	while (at > pair->name && gv_ascii_is_lower(text[at - 1]))
		at--;
	if (at == end || at <= pair->name + 1 ||
	    !gv_ascii_is_upper(text[at - 1]))
		return false;
	return gv_name_judge(text + at - 1, end - at + 1) == GV_NAME_PLAIN;
}

/* --cifs-password    (Optional) The password: what a program says of a flag. */
static bool
is_help(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	size_t end = pair->name + pair->name_len, at = pair->value;

	if (!pair->is_flag || pair->mark != GV_LEX_PLAIN || at < end + 3)
		return false;
	while (at > end && gv_ascii_is_blank(lex->text[at - 1]))
		at--;
	end = pair->value + pair->value_len;
	return pair->value - at > 2 && end + 1 < lex->len &&
	    lex->text[end] == ' ' && gv_ascii_is_alnum(lex->text[end + 1]);
}

/* #898EA4, of a sheet of styles; bg:#003333, of a terminal. */
static bool
is_colour(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && gv_ascii_is_lower(p[i]); i++)
		;
	if (i > 1 && i < len && p[i] == ':') {
		p += i + 1;
		len -= i + 1;
	}
	len -= len && p[len - 1] == ';';
	/* "bg:" may be all there is */
	if ((len != 7 && len != 9) || p[0] != '#')
		return false;
	for (i = 1; i < len; i++)
		if (gv_ascii_hex(p[i]) < 0)
			return false;
	return true;
}

/* bool pass_headers = 117; of a message: the number of a field. */
static bool
is_number_of_field(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len && gv_ascii_is_digit(p[i]); i++)
		;
	return i > 0 && i + 1 == len && p[i] == ';';
}

/* x ? a.admin-password : "none", of HCL: what is looked up if so. */
static bool
is_branch(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text;
	size_t end = pair->name + pair->name_len;

	return lex->syntax == GV_SYNTAX_HCL && end + 1 < pair->value &&
	    memchr(text + pair->name, '.', pair->name_len) &&
	    gv_ascii_is_blank(text[end]) &&
	    memchr(text + end, ':', pair->value - end);
}

/* NAME=value, as the only line of a block: its value is judged by itself. */
static bool
is_nested(const char *p, size_t len)
{
	size_t i = 0;

	while (i < len && gv_ascii_is_name(p[i]))
		i++;
	/* base 64 ends so */
	return i > 2 && i + 1 < len && p[i] == '=' && p[i + 1] != '=' &&
	    memchr(p, ' ', i) == NULL;
}

/* {{- $password := include "app.password" . }}: of a template, whose variables
 * are given expressions. */
static bool
is_computed(const char *text, const struct gv_lex_pair *pair)
{
	size_t at = pair->value;

	if (pair->name == 0 || text[pair->name - 1] != '$')
		return false;
	while (at > 0 && gv_ascii_is_blank(text[at - 1]))
		at--;
	return at > 0 && text[at - 1] == '=' && pair->mark == GV_LEX_PLAIN &&
	    pair->name > 1 && gv_ascii_is_blank(text[pair->name - 2]);
}

/* proxy_pass backend; upload_pass @place; of nginx: where requests go. */
static bool
is_directive(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char *const names[] = { "proxy_pass", "grpc_pass",
		"memcached_pass" };
	size_t end = pair->value + pair->value_len, i;

	if (pair->mark != GV_LEX_PLAIN || end == lex->len ||
	    lex->text[end] != ';' ||
	    !gv_ascii_is_blank(lex->text[pair->value - 1]))
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == pair->name_len &&
		    memcmp(lex->text + pair->name, names[i], pair->name_len) ==
			0)
			return true;
	if (lex->text[pair->value] != '@')
		return false;
	for (i = 1; i < pair->value_len; i++)
		if (!gv_ascii_is_lower(lex->text[pair->value + i]) &&
		    lex->text[pair->value + i] != '_')
			return false;
	return true;
}

/* sys.argv[2], hostvars[item].x: the bracket is not of the value. */
static bool
is_indexed(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *p = lex->text + pair->value;
	size_t end = pair->value + pair->value_len, n = pair->value_len, i;
	bool is_item;

	if (pair->mark != GV_LEX_PLAIN || end == lex->len)
		return false;
	/* user["password"], which the quote ends */
	if ((lex->text[end] == '"' || lex->text[end] == '\'') && n > 1 &&
	    p[n - 1] == '[') {
		for (i = 0; i + 1 < n; i++)
			if (!gv_ascii_is_word(p[i]) && p[i] != '.')
				return false;
		return true;
	}
	if (lex->text[end] != ']')
		return false;
	is_item = end + 1 < lex->len && lex->text[end + 1] == '.';
	while (n &&
	    (is_item ? gv_ascii_is_word(p[n - 1])
		     : gv_ascii_is_digit(p[n - 1])))
		n--;
	if (n < 2 || n == pair->value_len || p[n - 1] != '[')
		return false;
	for (i = 0; i + 1 < n; i++)
		if (!gv_ascii_is_word(p[i]) && p[i] != '.')
			return false;
	return true;
}

/* i},h={};switch(s){case: of a program whose blanks were taken out. */
static bool
is_minified(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char *const marks[] = { "){", "};", "={}", "})" };
	const char *p = lex->text + pair->value;
	size_t i;

	if (pair->mark != GV_LEX_PLAIN || lex->syntax != GV_SYNTAX_TEXT)
		return false;
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (memmem(p, pair->value_len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

/* Where the next line begins that is neither empty nor a comment. */
static size_t
next_line(const struct gv_lex *lex, size_t i)
{
	const char *nl;

	while (i < lex->len &&
	    (gv_ascii_is_space(lex->text[i]) || lex->text[i] == '#')) {
		if (lex->text[i] != '#') {
			i++;
			continue;
		}
		nl = memchr(lex->text + i, '\n', lex->len - i);
		i = nl ? (size_t)(nl - lex->text) : lex->len;
	}
	return i;
}

/* passwd: compat, with a line for groups or shadow below: the databases of
 * nsswitch.conf, in which users are looked up. */
static bool
is_database(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char name[] = "passwd";
	static const char *const nexts[] = { "group:", "shadow:" };
	size_t i = pair->value + pair->value_len, k, n;

	if (pair->name_len != sizeof(name) - 1 ||
	    memcmp(lex->text + pair->name, name, pair->name_len) != 0)
		return false;
	i = next_line(lex, i);
	for (k = 0; k < sizeof(nexts) / sizeof(nexts[0]); k++) {
		n = strlen(nexts[k]);
		if (lex->len - i >= n &&
		    memcmp(lex->text + i, nexts[k], n) == 0)
			return true;
	}
	return false;
}

/* signingkey = 783AA4DE, of Git: the number of a key of PGP. */
static bool
is_number_of_key(const char *text, const struct gv_lex_pair *pair)
{
	static const char word[] = "signingkey";
	size_t i;

	if (pair->name_len != sizeof(word) - 1 ||
	    strncasecmp(text + pair->name, word, pair->name_len) != 0 ||
	    (pair->value_len != 8 && pair->value_len != 16 &&
		pair->value_len != 40))
		return false;
	for (i = 0; i < pair->value_len; i++)
		if (gv_ascii_hex(text[pair->value + i]) < 0)
			return false;
	return true;
}

/* "hashedValue": "x", "salt": "y" and {"value": "x", "salt": "y"} of Keycloak:
 * what was mixed into the digest that is beside it. */
static bool
is_of_digest(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text;
	size_t low = pair->name > BESIDE ? pair->name - BESIDE : 0;
	size_t end = pair->value + pair->value_len;
	size_t n = lex->len - end < BESIDE ? lex->len : end + BESIDE;

	if (pair->name_len != 4 ||
	    strncasecmp(text + pair->name, "salt", 4) != 0)
		return false;
	return memmem(text + low, n - low, "hash", 4) ||
	    memmem(text + low, pair->name - low, "\"value\"", 7);
}

/* content => secret('authdns/id'): what a function gives that is called so, by
 * its name, and assigned to another one. */
static bool
is_argument(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text;
	size_t at = pair->name, end = at + pair->name_len;

	if (pair->mark != GV_LEX_QUOTED || pair->value != end + 2 ||
	    text[end] != '(' || lex->syntax != GV_SYNTAX_CODE)
		return false;
	while (at > 0 && gv_ascii_is_blank(text[at - 1]))
		at--;
	return at > 1 && at < pair->name &&
	    (text[at - 1] == '=' || memcmp(text + at - 2, "=>", 2) == 0) &&
	    memchr(text + pair->value, '/', pair->value_len);
}

/* keystorePass="<THE_PASSWORD>"/>: what stands in quotes is no element. */
static bool
is_quoted_name(const char *text, const struct gv_lex_pair *pair)
{
	return pair->name > 1 && text[pair->name - 1] == '<' &&
	    (text[pair->name - 2] == '"' || text[pair->name - 2] == '\'');
}

/* <settings pass="specialize">: when Windows applies them. */
static bool
is_phase(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char element[] = "<settings ";
	const size_t n = sizeof(element) - 1;

	return pair->name_len == 4 && pair->name >= n &&
	    memcmp(lex->text + pair->name - n, element, n) == 0;
}

/* --password <your password>: to be filled in; a blank ends what was read. */
static bool
is_blank_to_fill(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	enum { MOST = 48 };
	size_t i = pair->value, end = i + MOST < lex->len ? i + MOST : lex->len;

	if (lex->text[i] != '<')
		return false;
	for (i++; i < end && lex->text[i] != '>'; i++)
		if (!gv_ascii_is_name(lex->text[i]) && lex->text[i] != ' ')
			return false;
	return i < end && i - pair->value > 2;
}

/* What a value without any sign in it is not. */
static bool
is_none_by_signs(const struct gv_scan_run *run, const struct gv_lex_pair *pair)
{
	return is_code(run->lex.text + pair->value, pair) ||
	    gv_scan_is_noise(run->lex.text, pair) ||
	    is_indexed(&run->lex, pair) || is_minified(&run->lex, pair) ||
	    is_blank_to_fill(&run->lex, pair) || is_argument(&run->lex, pair) ||
	    is_colour(run->lex.text + pair->value, pair->value_len) ||
	    is_number_of_field(run->lex.text + pair->value, pair->value_len) ||
	    is_branch(&run->lex, pair);
}

bool
gv_scan_is_none(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	const char *p = run->lex.text + pair->value;
	size_t len = pair->value_len;

	if (pair->is_expression ||
	    (v->has_other && is_none_by_signs(run, pair)) ||
	    is_its_name(run->lex.text, pair) || is_of_digest(&run->lex, pair) ||
	    is_computed(run->lex.text, pair) || is_directive(&run->lex, pair) ||
	    is_database(&run->lex, pair) || is_phase(&run->lex, pair) ||
	    is_number_of_key(run->lex.text, pair) ||
	    is_called_so(&run->lex, pair) || is_help(&run->lex, pair) ||
	    is_quoted_name(run->lex.text, pair) ||
	    is_name_of_key(run->lex.text, pair) ||
	    is_made_by(run->lex.text, pair))
		return true;
	if (pair->mark == GV_LEX_BLOCK)
		return memchr(p, '\n', len) || is_nested(p, len);
	if (!v->has_other)
		return false;
	/* without quotes a blank ends it in most places */
	return pair->mark == GV_LEX_PLAIN && run->lex.syntax != GV_SYNTAX_ENV &&
	    run->lex.syntax != GV_SYNTAX_YAML &&
	    run->lex.syntax != GV_SYNTAX_INI && has_blank(p, len);
}
