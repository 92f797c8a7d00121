#include "scan/scan_internal.h"

#include <string.h>

#include "base/base64.h"
#include "lex/ascii.h"
#include "scan/rule.h"

/*
 * Judges a value by the promise of its name, what it looks like and where it
 * is, whatever rules there are.
 */

#define VALUE_MIN  4   /* bytes of any secret */
#define DOTTED_MIN 10  /* of what may look like a reference */
#define BIND_MAX   200 /* from who binds, or an id, to the secret of it */
#define SCOPE_MAX  12  /* bytes of a part of what a highlighter calls it */
#define TAIL_MIN   12  /* and of what is random behind its dot */

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
		is = (n > 6 && memcmp(plain, "{\"alg\"", 6) == 0) ||
		    v.shape == GV_VALUE_TEMPLATE ||
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

/* m4xq7d.8kw2zp0f9c3hvt6b, by which a node joins: behind the dot digits are
 * among the letters, as in no name. */
static bool
is_interspersed(const char *p, size_t len)
{
	const char *dot = memchr(p, '.', len);
	size_t i = dot ? (size_t)(dot + 1 - p) : len, turns = 0;

	if (len - i < TAIL_MIN)
		return false;
	for (i++; i < len; i++)
		turns += gv_ascii_is_digit(p[i - 1]) != gv_ascii_is_digit(p[i]);
	return turns > 3;
}

/* support.function.C99.c, of a highlighter: short parts between dots, the first
 * two of small letters. */
static bool
is_scope(const char *p, size_t len)
{
	size_t i, from = 0, dots = 0;

	for (i = 0; i < len; i++) {
		if (p[i] == '.') {
			dots++;
			from = i;
		} else if (!gv_ascii_is_alnum(p[i]) || i - from > SCOPE_MAX ||
		    (dots < 2 && !gv_ascii_is_lower(p[i]))) {
			return false;
		}
	}
	return dots > 1;
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
	if (dots == 1 && !v->has_upper && !is_root(p, len) &&
	    is_interspersed(p, len))
		return GV_SCORE_RANDOM;
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

/* Whether such a sign in front of a value may mean something to its reader. */
static bool
may_be_sign(char ch)
{
	return !gv_ascii_is_alnum(ch) && ch && strchr("!*&~@%#.", ch);
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
	if (run->lex.syntax == GV_SYNTAX_CODE && v->has_other &&
	    run->name->promise < GV_NAME_PASSWORD && is_scope(p, len))
		return GV_SCORE_NOTHING;
	look = v->shape == GV_VALUE_REFERENCE ? look_of_dotted(run, pair, v)
					      : GV_SCORE_NOTHING;
	if (look != GV_SCORE_NOTHING)
		return look;
	if (len < 5 || !may_be_sign(p[0]))
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

/* "- value", a line of a list of YAML. */
static bool
is_item(const char *text, const struct gv_lex_pair *pair)
{
	size_t at = pair->value;

	at -= at > 0 && (text[at - 1] == '"' || text[at - 1] == '\'');
	while (at > 0 && gv_ascii_is_blank(text[at - 1]))
		at--;
	return at > 1 && at < pair->value && text[at - 1] == '-' &&
	    gv_ascii_is_space(text[at - 2]);
}

/* 'app_passwd' => ['mailbox'], passwd: [files, ldap]: words that mean something
 * to a program. */
static bool
is_listed_word(const struct gv_scan_run *run, const struct gv_lex_pair *pair,
    enum gv_score_value look)
{
	const char *name = run->lex.text + pair->name;
	const char *end = name + pair->name_len;
	const enum gv_name promise = run->name->promise;

	/* what a password is may stand in a list as elsewhere */
	if ((promise < GV_NAME_PASSWORD || look == GV_SCORE_UUID) &&
	    (pair->is_listed || is_item(run->lex.text, pair))) {
		/* tokens: [a, b] are words or patterns of a language, if not
		 * random */
		if (promise == GV_NAME_TOKEN &&
		    gv_name_has(name, pair->name_len, "tokens"))
			return look < GV_SCORE_UUID;
		/* connectionSecretKeys: [a, b] are what their keys are called,
		 * and a list of secrets has the numbers of them */
		if (promise == GV_NAME_KEY &&
		    gv_name_has(name, pair->name_len, "keys"))
			return look <= GV_SCORE_JUMBLE;
		if (look == GV_SCORE_UUID &&
		    gv_name_has(name, pair->name_len, "secrets"))
			return true;
	}
	/* 'passwords' => 'users': which of several */
	if (run->lex.syntax == GV_SYNTAX_CODE && look == GV_SCORE_WORD &&
	    pair->name_len == 9 && memcmp(name, "passwords", 9) == 0)
		return true;
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

/* {"a": "b"}, also with its quotes escaped: what is in it has names itself. */
static bool
is_object(const char *p, size_t len)
{
	size_t i = 1;

	if (len < 6 || p[0] != '{' || p[len - 1] != '}')
		return false;
	while (i < len && (gv_ascii_is_space(p[i]) || p[i] == '\\'))
		i++;
	return (p[i] == '"' || p[i] == '\'') && memchr(p, ':', len);
}

/* Z3JlYXQtbmFtZQ==: base 64 of words with joints. */
static bool
is_words_in_base64(const char *p, size_t len)
{
	char plain[48];
	struct gv_value v;
	bool is = false;
	long n;

	if (len < 8 || len % 4 || len / 4 * 3 > sizeof(plain) ||
	    !gv_base64_begins_text(p, len))
		return false;
	n = gv_base64_decode(plain, sizeof(plain), p, len);
	if (n > 0) {
		gv_value_judge(&v, plain, (size_t)n);
		is = v.shape == GV_VALUE_IDENTIFIER &&
		    gv_score_is_wordy(plain, (size_t)n);
	}
	explicit_bzero(plain, sizeof(plain));
	return is;
}

/* As what a name must have that may as well mean something else. */
static bool
is_strong(const struct gv_value *v, const char *p, size_t len)
{
	return v->has_digit && v->has_lower && v->has_upper &&
	    gv_value_has_entropy(v, p, len, 4.0);
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

/* secret = x, of a device or a service, and set … secret 'x': what both sides
 * agree on, chosen by people as passwords are. In other files it names where a
 * secret is. */
static bool
is_shared_secret(
    const struct gv_lex *lex, const struct gv_lex_pair *pair, bool has_digit)
{
	const char *name = lex->text + pair->name;
	size_t n = pair->name_len, i;

	if ((lex->syntax != GV_SYNTAX_INI &&
		(lex->syntax != GV_SYNTAX_TEXT || pair->name == 0 ||
		    name[-1] != ' ' || name[n] != ' ' ||
		    pair->mark != GV_LEX_QUOTED)) ||
	    n < 6 || memcmp(name + n - 6, "secret", 6) != 0)
		return false;
	/* rpc-secret with a digit in it, too */
	for (i = 0; i < n &&
	     (gv_ascii_is_lower(name[i]) ||
		 (has_digit && (name[i] == '-' || name[i] == '_')));
	     i++)
		;
	return i == n;
}

/* key = AQ…==, of Ceph: 28 bytes, of which the first two say so. */
static bool
is_key_of_ceph(const char *p, size_t len)
{
	return len == 40 && memcmp(p, "AQ", 2) == 0 &&
	    memcmp(p + len - 2, "==", 2) == 0;
}

/* key: x, of 30 bytes in base 64, close behind the id of a key of AWS. */
static bool
is_key_of_aws(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	size_t low = pair->name > BIND_MAX ? pair->name - BIND_MAX : 0;

	return pair->value_len == 40 &&
	    memmem(lex->text + low, pair->name - low, "AKIA", 4);
}

/* option key 'x', of OpenWrt: the password of a wireless network. */
static bool
is_option_key(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char word[] = "option ";
	size_t n = sizeof(word) - 1;

	return pair->mark == GV_LEX_QUOTED && pair->name_len == 3 &&
	    pair->name >= n && memcmp(lex->text + pair->name - n, word, n) == 0;
}

/* credentials=x, where binddn says as whom: a password of LDAP. */
static bool
is_bind_password(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	size_t low = pair->name > BIND_MAX ? pair->name - BIND_MAX : 0;

	return pair->name_len == 11 &&
	    memcmp(lex->text + pair->name, "credentials", 11) == 0 &&
	    memmem(lex->text + low, pair->name - low, "binddn=", 7);
}

/* What the name promises, with what the pair says of it. */
static enum gv_name
promise_of(const struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	const enum gv_name name = run->name->promise;

	if (name == GV_NAME_TOKEN &&
	    (is_shared_secret(&run->lex, pair, v->has_digit) ||
		is_bind_password(&run->lex, pair)))
		return GV_NAME_PASSWORD;
	/* STRIPE_KEY=UUID; another key with one is of a row */
	if (name == GV_NAME_OF_KEY && v->shape == GV_VALUE_UUID &&
	    gv_score_is_constant(run->lex.text + pair->name, pair->name_len))
		return GV_NAME_KEY;
	if (name == GV_NAME_WEAK && is_option_key(&run->lex, pair))
		return GV_NAME_PASSWORD;
	if (name == GV_NAME_WEAK && is_key_of_aws(&run->lex, pair))
		return GV_NAME_KEY;
	if (name == GV_NAME_WEAK &&
	    is_key_of_ceph(run->lex.text + pair->value, pair->value_len))
		return GV_NAME_KEY;
	if (name == GV_NAME_WEAK && pair->name_len == 3 && v->has_digit &&
	    pair->value_len >= gv_scan_least(GV_NAME_OF_KEY) &&
	    v->shape == GV_VALUE_LITERAL &&
	    gv_ascii_small(run->lex.text[pair->name]) == 'k' &&
	    gv_scan_is_key_of_service(&run->lex, pair))
		return GV_NAME_KEY;
	return name;
}

/* 123456: each the next of the one before it. */
static bool
is_counted(const char *p, size_t len)
{
	size_t i;

	for (i = 1; i < len && p[i] == p[i - 1] + 1; i++)
		;
	return i == len;
}

/* Letters outside of ASCII, as they are or escaped (\u5bc6), or neither digits
 * nor capitals behind small letters: what reads so in a translation is a word
 * of a language. */
static bool
is_of_language(const char *p, size_t len)
{
	bool is_mixed = false;
	size_t i;

	for (i = 0; i < len && !(p[i] & 0x80); i++)
		is_mixed |= gv_ascii_is_digit(p[i]) ||
		    (i > 0 && gv_ascii_is_upper(p[i]) &&
			gv_ascii_is_lower(p[i - 1]));
	return i < len || !is_mixed || memmem(p, len, "\\u", 2);
}

/* DBSVCPASSWORD: capitals that end so are what something is called. */
static bool
is_called_in_capitals(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && gv_ascii_is_upper(p[i]); i++)
		;
	return i == len && gv_score_ends_itself(p, len);
}

/* What a value looks like depends on where it is, too. */
static void
correct(
    struct gv_score *score, const struct gv_value *v, const char *p, size_t len)
{
	/* accessKey: storageAccessKey1 */
	if (score->name < GV_NAME_PASSWORD && len > 2 &&
	    gv_ascii_is_digit(p[len - 1]) && gv_score_is_itself(p, len - 1))
		score->value = GV_SCORE_ITSELF;
	/* # password: 'pa$$w0rd': in a remark it shows what one is */
	if (score->place >= GV_SCORE_COMMENT &&
	    (gv_score_is_leet(p, len) || gv_score_ends_itself(p, len)))
		score->value = GV_SCORE_ITSELF;
	if (score->place == GV_SCORE_TRANSLATION && is_of_language(p, len))
		score->value = GV_SCORE_PROSE;
	if (score->place == GV_SCORE_CODE && is_called_in_capitals(p, len))
		score->value = GV_SCORE_ITSELF;
	/* 's3cr3t' of a program is of its tests, or what one is called */
	if (score->place == GV_SCORE_CODE && gv_score_is_leet(p, len))
		score->value = GV_SCORE_ITSELF;
	/* password = '123456', of a document */
	if (score->place >= GV_SCORE_COMMENT &&
	    score->value == GV_SCORE_DIGITS && is_counted(p, len))
		score->value = GV_SCORE_WORDS;
	if (score->name < GV_NAME_PASSWORD && score->value >= GV_SCORE_MIXED &&
	    is_words_in_base64(p, len))
		score->value = GV_SCORE_WORDS;
	/* among words that explain, words and numbers show what to fill in */
	if (score->place >= GV_SCORE_COMMENT && score->value > GV_SCORE_WORDS &&
	    (gv_score_ends_leet(p, len) ||
		(gv_score_has_word(v, p, len) && gv_score_is_common(p, len))))
		score->value = GV_SCORE_WORDS;
}

int
gv_scan_generic(struct gv_scan_run *run, const struct gv_lex_pair *pair,
    const struct gv_value *v)
{
	const enum gv_name name = promise_of(run, pair, v);
	struct gv_scan_finding f = { .rule = run->generic,
		.at = pair->value,
		.len = pair->value_len,
		.name = pair->name,
		.name_len = pair->name_len };
	int sum;

	if (name == GV_NAME_PLAIN || run->generic == NULL ||
	    pair->value_len < gv_scan_least(name) ||
	    gv_scan_is_none(run, pair, v))
		return 0;
	f.score.name = (unsigned char)name;
	f.score.value = (unsigned char)look_of(run, pair, v);
	if (f.score.value == GV_SCORE_NOTHING ||
	    is_listed_word(run, pair, f.score.value) ||
	    is_other_member(run->lex.text, pair, name, f.score.value) ||
	    (name == GV_NAME_WEAK &&
		!is_strong(v, run->lex.text + f.at, f.len)) ||
	    (name == GV_NAME_OF_KEY && f.score.value < GV_SCORE_UUID))
		return 0;
	f.score.place = (unsigned char)gv_scan_place(run, pair);
	if (f.score.place == GV_SCORE_CODE && v->has_digit &&
	    pair->mark == GV_LEX_QUOTED && name == GV_NAME_PASSWORD &&
	    gv_score_is_constant(run->lex.text + f.name, f.name_len))
		f.score.place = GV_SCORE_SETTING;
	/* "# …, previous pass=yes also fails": words of the comment */
	if (f.score.value == GV_SCORE_PHRASE && pair->mark == GV_LEX_PLAIN &&
	    gv_scan_is_commented_out(run, pair->name))
		f.score.value = GV_SCORE_PROSE;
	correct(&f.score, v, run->lex.text + f.at, f.len);
	sum = gv_score_sum(&f.score);
	if (sum < GV_SCORE_POSSIBLE)
		return 0;
	f.reasons = reasons_of(&f.score);
	f.grade =
	    sum < GV_SCORE_LIKELY || is_object(run->lex.text + f.at, f.len)
	    ? GV_SCAN_POSSIBLE
	    : GV_SCAN_LIKELY;
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}
