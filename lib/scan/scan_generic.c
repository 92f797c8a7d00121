#include "scan/scan_internal.h"

#include <string.h>

#include "base/utf8.h"
#include "lex/ascii.h"
#include "scan/base64.h"
#include "scan/rule.h"

/*
 * Judges a value by the promise of its name, what it looks like and where it
 * is, whatever rules there are.
 */

#define VALUE_MIN  4  /* bytes of any secret */
#define DOTTED_MIN 10 /* of what may look like a reference */

/* How long a value must be at least. */
size_t
gv_scan_least(enum gv_name promise)
{
	switch (promise) {
	case GV_NAME_PLAIN:
		return 16;
	case GV_NAME_OF_KEY:
		return 20;
	case GV_NAME_PASSWORD:
	case GV_NAME_PASSPHRASE:
		return VALUE_MIN;
	default:
		return 8;
	}
}

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
	/* '--password="' + x + '"' */
	if (pair->quote && len > 6 && memchr("'\"", p[0], 2) &&
	    memcmp(p + 1, " + ", 3) == 0 &&
	    memcmp(p + len - 3 - (p[len - 1] == p[0]), " + ", 3) == 0)
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

/* Whether the value is not text and there are control characters in it or in
 * front of its name: in such noise any name occurs by chance. So it does where
 * most bytes are no ASCII, while text in an encoding of its own has few. */
static bool
is_noise(const char *text, const struct gv_lex_pair *pair)
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

/* proxy_pass backend; of nginx: where requests go. */
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
	return false;
}

/* sys.argv[2], hostvars[item].x: the bracket is not of the value. */
static bool
is_indexed(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *p = lex->text + pair->value;
	size_t end = pair->value + pair->value_len, n = pair->value_len, i;
	bool is_item;

	if (pair->mark != GV_LEX_PLAIN || end == lex->len ||
	    lex->text[end] != ']')
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

/* passwd: compat, with a line for groups below: the databases of
 * nsswitch.conf, in which users are looked up. */
static bool
is_database(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char name[] = "passwd", next[] = "group:";
	size_t i = pair->value + pair->value_len;

	if (pair->name_len != sizeof(name) - 1 ||
	    memcmp(lex->text + pair->name, name, pair->name_len) != 0)
		return false;
	while (i < lex->len && gv_ascii_is_space(lex->text[i]))
		i++;
	return lex->len - i >= sizeof(next) - 1 &&
	    memcmp(lex->text + i, next, sizeof(next) - 1) == 0;
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

/* What is no secret in whatever place. */
static bool
is_none(struct gv_scan_run *run, const struct gv_lex_pair *pair)
{
	const char *p = run->lex.text + pair->value;
	size_t len = pair->value_len;

	if (pair->is_expression || is_code(p, pair) ||
	    is_noise(run->lex.text, pair) || is_its_name(run->lex.text, pair) ||
	    is_computed(run->lex.text, pair) || is_directive(&run->lex, pair) ||
	    is_indexed(&run->lex, pair) || is_database(&run->lex, pair) ||
	    is_phase(&run->lex, pair) || is_blank_to_fill(&run->lex, pair))
		return true;
	if (pair->mark == GV_LEX_BLOCK)
		return memchr(p, '\n', len) || is_nested(p, len);
	/* without quotes a blank ends it in most places */
	return has_blank(p, len) && pair->mark == GV_LEX_PLAIN &&
	    run->lex.syntax != GV_SYNTAX_ENV &&
	    run->lex.syntax != GV_SYNTAX_YAML &&
	    run->lex.syntax != GV_SYNTAX_INI;
}

/* Whether a sign in front of it means something to its reader: tags and aliases
 * of YAML. Anywhere else it is part of the value, and so in front of signs that
 * no program has in its tags. */
static bool
is_tagged(const struct gv_scan_run *run, const struct gv_lex_pair *pair)
{
	const char *p = run->lex.text + pair->value;
	size_t i = 1;

	if (run->lex.syntax != GV_SYNTAX_YAML || pair->mark != GV_LEX_PLAIN ||
	    pair->is_flag)
		return false;
	while (i < pair->value_len &&
	    (gv_ascii_is_name(p[i]) || strchr("!:/,[]{}<>\"'*&", p[i])))
		i++;
	return p[0] != '!' || i == pair->value_len || gv_ascii_is_blank(p[i]);
}

/* Base 64 of something that is no secret: of ${PASSWORD}, of changeme, of what
 * a secret is called. */
bool
gv_scan_is_none_in_base64(const char *p, size_t len)
{
	char plain[128];
	struct gv_value v;
	bool is = false;
	long n, i;

	if (len < 8 || len % 4 || len / 4 * 3 > sizeof(plain) ||
	    !gv_base64_begins_text(p, len))
		return false;
	n = gv_base64_decode(plain, sizeof(plain), p, len);
	n -= n > 0 && plain[n - 1] == '\n'; /* of echo */
	for (i = 0; i < n && plain[i] >= ' ' && plain[i] < 127; i++)
		;
	if (n > 3 && i == n) {
		gv_value_judge(&v, plain, (size_t)n);
		is = v.shape == GV_VALUE_TEMPLATE ||
		    v.shape == GV_VALUE_PLACEHOLDER ||
		    v.shape == GV_VALUE_REFERENCE ||
		    (v.shape != GV_VALUE_PROSE &&
			gv_score_is_itself(plain, (size_t)n));
	}
	explicit_bzero(plain, sizeof(plain));
	return is;
}

/* What something is looked up in: module.db.password. */
static bool
is_root(const char *p, size_t len)
{
	static const char *const roots[] = { "args", "config", "context",
		"data", "each", "env", "github", "inputs", "item", "local",
		"matrix", "module", "needs", "options", "params", "process",
		"req", "request", "secrets", "self", "settings", "spec",
		"status", "steps", "this", "user", "values", "var", "vars" };
	size_t i, n;

	for (n = 0; n < len && p[n] != '.'; n++)
		;
	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (strlen(roots[i]) == n && memcmp(roots[i], p, n) == 0)
			return true;
	return false;
}

/* What looks like a reference for its dots, and may be none: letters that make
 * no words, kXqmPv.LwQszRt, in a file of settings digits among them, and three
 * words. */
static enum gv_score_value
look_of_dotted(const struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	const char *p = run->lex.text + pair->value;
	size_t len = pair->value_len, i, dots = 0;
	bool is_wordy = gv_score_is_wordy(p, len);

	/* jksPassword.txt */
	if (gv_score_is_itself(p, len))
		return GV_SCORE_NOTHING;
	for (i = 0; i < len; i++) {
		dots += p[i] == '.';
		if (p[i] != '.' && !gv_ascii_is_lower(p[i]) &&
		    !gv_ascii_is_upper(p[i]) &&
		    (!gv_ascii_is_digit(p[i]) ||
			(run->lex.syntax == GV_SYNTAX_CODE &&
			    pair->mark != GV_LEX_QUOTED)))
			return GV_SCORE_NOTHING;
	}
	/* web tokens, eyJ…, have a rule of their own */
	if (len >= DOTTED_MIN && v->has_lower && v->has_upper && !is_wordy &&
	    memcmp(p, "eyJ", 3) != 0)
		return GV_SCORE_MIXED;
	/* Monday.Morning5: what is looked up begins small, or ends with a name
	 */
	if (dots == 1 && gv_ascii_is_upper(p[0]) && is_wordy &&
	    gv_ascii_is_digit(p[len - 1]) &&
	    run->lex.syntax != GV_SYNTAX_CODE && !gv_score_is_itself(p, len))
		return GV_SCORE_WORDS;
	return dots > 1 && p[0] != '.' && !v->has_upper && !v->has_digit &&
		is_wordy && run->lex.syntax != GV_SYNTAX_CODE &&
		!is_root(p, len) && !gv_score_is_itself(p, len)
	    ? GV_SCORE_WORDS
	    : GV_SCORE_NOTHING;
}

static enum gv_score_value
look_of(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	const char *p = run->lex.text + pair->value;
	size_t len = pair->value_len;
	struct gv_value rest;
	enum gv_score_value look;

	if (v->shape == GV_VALUE_LITERAL && gv_scan_is_none_in_base64(p, len))
		return GV_SCORE_NOTHING;
	look = v->shape == GV_VALUE_REFERENCE ? look_of_dotted(run, pair, v)
					      : GV_SCORE_NOTHING;
	if (look != GV_SCORE_NOTHING)
		return look;
	if (strchr("!*&~@%#.", p[0]) == NULL || p[0] == '\0' || len < 5)
		return gv_score_value(v, p, len);
	/* #add-password, .token: of a page. "!x9…": a password like another,
	 * and so "!*x9…" */
	while (len > 5 && v->shape == GV_VALUE_REFERENCE &&
	    strchr("!*&~@%", p[0]) && p[1] && strchr("!*&~@%", p[1]))
		p++, len--;
	gv_value_judge(&rest, p + 1, len - 1);
	look = gv_score_value(&rest, p + 1, len - 1);
	if (look <= GV_SCORE_WORD && (p[0] == '#' || p[0] == '.'))
		return GV_SCORE_NOTHING;
	if (v->shape == GV_VALUE_REFERENCE && !is_tagged(run, pair))
		return look == GV_SCORE_WORDS || look == GV_SCORE_WORD
		    ? GV_SCORE_MIXED
		    : look;
	return gv_score_value(v, p, len);
}

/* 'app_passwd' => ['mailbox'], passwd: [files, ldap]: words that mean something
 * to a program. */
static bool
is_listed_word(const struct gv_scan_run *run, const struct gv_lex_pair *pair,
    enum gv_score_value look)
{
	const char *end = run->lex.text + pair->name + pair->name_len;

	/* passwords: [a, b] may be such, namepass = [a, b] are not */
	return pair->is_listed &&
	    (run->lex.syntax == GV_SYNTAX_CODE ||
		gv_ascii_small(end[-1]) != 's' ||
		(pair->name_len > 1 && gv_ascii_small(end[-2]) == 's')) &&
	    (look < GV_SCORE_DIGITS || look == GV_SCORE_JUMBLE);
}

/* A map of secrets may have other members: what is chosen must look like a
 * password, what is made be random. */
static bool
is_other_member(const char *text, const struct gv_lex_pair *pair,
    enum gv_name name, enum gv_score_value look)
{
	const char *p = text + pair->value;
	const char *end = p + pair->value_len;

	if (!pair->is_member)
		return false;
	if (name >= GV_NAME_PASSWORD)
		return look < GV_SCORE_MIXED;
	/* uses: action@SHA, secure: v1:CIPHERTEXT */
	for (; p < end; p++)
		if (memchr("@: ", *p, 3))
			return true;
	return look < GV_SCORE_UUID;
}

/* As what a name must have that may as well mean something else. */
static bool
is_strong(const struct gv_value *v)
{
	return v->bits >= 4.0 && v->has_digit && v->has_lower && v->has_upper;
}

static unsigned
reasons_of(const struct gv_score *score)
{
	unsigned reasons = GV_SCAN_NAMED;

	if (score->value >= GV_SCORE_UUID)
		reasons |= GV_SCAN_RANDOM;
	if (score->value <= GV_SCORE_DIGITS)
		reasons |= GV_SCAN_SIMPLE;
	if (score->place == GV_SCORE_LINE || score->place == GV_SCORE_SENTENCE)
		reasons |= GV_SCAN_PROSE;
	return reasons;
}

/* secret = x, of a device or a service: what both sides agree on, chosen by
 * people as passwords are. In other files it names where a secret is. */
static bool
is_shared_secret(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *name = lex->text + pair->name;
	size_t n = pair->name_len, i;

	if (lex->syntax != GV_SYNTAX_INI || pair->mark != GV_LEX_PLAIN ||
	    n < 6 || memcmp(name + n - 6, "secret", 6) != 0)
		return false;
	for (i = 0; i < n && gv_ascii_is_lower(name[i]); i++)
		;
	return i == n;
}

int
gv_scan_generic(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	enum gv_name name = run->name->promise;
	struct gv_scan_finding f = { .rule = run->generic,
		.at = pair->value,
		.len = pair->value_len,
		.name = pair->name,
		.name_len = pair->name_len };
	int sum;

	if (name == GV_NAME_TOKEN && is_shared_secret(&run->lex, pair))
		name = GV_NAME_PASSWORD;
	/* STRIPE_KEY=UUID; another key with one is of a row */
	if (name == GV_NAME_OF_KEY && v->shape == GV_VALUE_UUID &&
	    gv_score_is_constant(run->lex.text + pair->name, pair->name_len))
		name = GV_NAME_KEY;
	if (name == GV_NAME_PLAIN || run->generic == NULL ||
	    pair->value_len < gv_scan_least(name) || is_none(run, pair))
		return 0;
	f.score.name = (unsigned char)name;
	f.score.value = (unsigned char)look_of(run, pair, v);
	if (f.score.value == GV_SCORE_NOTHING ||
	    is_listed_word(run, pair, f.score.value) ||
	    is_other_member(run->lex.text, pair, name, f.score.value) ||
	    (name == GV_NAME_WEAK && !is_strong(v)) ||
	    (name == GV_NAME_OF_KEY && f.score.value < GV_SCORE_UUID))
		return 0;
	f.score.place = (unsigned char)gv_scan_place(run, pair);
	/* "# …, previous pass=yes also fails": words of the comment */
	if (f.score.value == GV_SCORE_PHRASE && pair->mark == GV_LEX_PLAIN &&
	    gv_scan_is_commented_out(run->lex.text, pair->name))
		f.score.value = GV_SCORE_PROSE;
	/* accessKey: storageAccessKey1 */
	if (name < GV_NAME_PASSWORD && f.len > 2 &&
	    gv_ascii_is_digit(run->lex.text[f.at + f.len - 1]) &&
	    gv_score_is_itself(run->lex.text + f.at, f.len - 1))
		f.score.value = GV_SCORE_ITSELF;
	/* # password: 'pa$$w0rd': in a remark it shows what one is */
	if (f.score.place >= GV_SCORE_COMMENT &&
	    (gv_score_is_leet(run->lex.text + f.at, f.len) ||
		gv_score_ends_itself(run->lex.text + f.at, f.len)))
		f.score.value = GV_SCORE_ITSELF;
	/* among words that explain, words and numbers show what to fill in */
	if (f.score.place >= GV_SCORE_COMMENT &&
	    f.score.value > GV_SCORE_WORDS &&
	    (gv_score_is_common(run->lex.text + f.at, f.len) ||
		gv_score_ends_leet(run->lex.text + f.at, f.len)))
		f.score.value = GV_SCORE_WORDS;
	sum = gv_score_sum(&f.score);
	if (sum < GV_SCORE_POSSIBLE)
		return 0;
	f.reasons = reasons_of(&f.score);
	f.grade = sum < GV_SCORE_LIKELY ? GV_SCAN_POSSIBLE : GV_SCAN_LIKELY;
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}
