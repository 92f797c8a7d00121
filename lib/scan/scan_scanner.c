#include "scan/scan_internal.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/err.h"
#include "lex/ascii.h"
#include "scan/account.h"
#include "scan/k8s.h"
#include "scan/rule.h"
#include "scan/ruleset.h"
#include "scan/tfstate.h"

#define WORD_MAX   24 /* of a password that is a word for one */
#define PUBLIC_MIN 6  /* bytes of what is a secret under any name */
#define URL_MIN    8  /* bytes of a password in a URL that says enough */
#define K8S_AGAIN  ((size_t)8192) /* bytes that are read again */

/* DB_PASSWORD, in place of the value that it has. */
static bool
is_variable_name(const struct gv_value *v)
{
	return v->shape == GV_VALUE_IDENTIFIER && v->has_upper && !v->has_digit;
}

/* username:password@host shows how to write a URL. */
static bool
is_of_nobody(const struct gv_scan_run *run, const struct gv_scanner_hit *h)
{
	const char *text = run->lex.text;

	/* rediss://:PASSWORD=@host: the last sign is known */
	if (h->len > 5 && text[h->at + h->len - 1] == '=' &&
	    text[h->at + h->len] == '@' &&
	    gv_score_is_itself(text + h->at, h->len - 1))
		return true;
	return h->users == 8 && memcmp(text + h->user, "username", 8) == 0;
}

/* The same as all of a value. */
static bool
is_url_of_nobody(const char *p, size_t len)
{
	const char *user =
	    memchr(p, ':', len) ? memmem(p, len, "://", 3) : NULL;
	const char *sign =
	    user ? memchr(user, '@', len - (size_t)(user - p)) : NULL;
	const char *colon =
	    sign ? memchr(user + 3, ':', (size_t)(sign - user) - 3) : NULL;
	struct gv_value v;

	if (colon == NULL || sign == colon + 1)
		return false;
	gv_value_judge(&v, colon + 1, (size_t)(sign - colon) - 1);
	return v.shape == GV_VALUE_PLACEHOLDER || v.shape == GV_VALUE_TEMPLATE;
}

/* Behind a joint, or at the capital of apiAddress. */
static bool
begins_word(const char *name, size_t at)
{
	return !gv_ascii_is_alnum(name[at - 1]) ||
	    (gv_ascii_is_upper(name[at]) && gv_ascii_is_lower(name[at - 1]));
}

/* Case does not count, nor which joint there is. */
static bool
is_word_here(const char *word, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (word[i] != gv_ascii_small(p[i]) &&
		    !(word[i] == '_' && p[i] == '-'))
			return false;
	return true;
}

/* What a Secret has beside its secrets: where, and as whom. */
static bool
is_public_name(const char *name, size_t len)
{
	/* by the last five bits of their last byte */
	static const char *const words[32][10] = {
		['b' & 31] = { "db" },
		['d' & 31] = { "client_id", "clientid", "userid" },
		['e' & 31] = { "audience", "database", "hostname", "inrole",
		    "role", "scheme", "size", "sslmode", "type" },
		['i' & 31] = { "uri" },
		['l' & 31] = { "channel", "email", "protocol", "url" },
		['n' & 31] = { "region" },
		['p' & 31] = { "group" },
		['r' & 31] = { "addr", "provider", "server", "user" },
		['s' & 31] = { "address" },
		['t' & 31] = { "bucket", "endpoint", "fingerprint", "host",
		    "port" },
	};
	const char *const *word;
	size_t n;

	/* the last word counts: POSTGRES_USER, user2, username_in */
	while (len && gv_ascii_is_digit(name[len - 1]))
		len--;
	if (len > 3 && strncasecmp(name + len - 3, "_in", 3) == 0)
		len -= 3;
	/* types, hosts */
	len -= len > 4 && gv_ascii_small(name[len - 1]) == 's' &&
	    gv_ascii_small(name[len - 2]) != 's';
	if (len == 0)
		return false;
	for (word = words[name[len - 1] & 31]; *word; word++) {
		n = strlen(*word);
		if (len >= n && is_word_here(*word, name + len - n, n) &&
		    (len == n || begins_word(name, len - n)))
			return true;
	}
	/* dbname, accountName, bucketnames */
	return len >= 4 && strncasecmp(name + len - 4, "name", 4) == 0;
}

/* Creates a row that is identified by rowId, in a comment: a sentence, which
 * needs no quotes. */
static bool
is_sentence_of_sql(struct gv_scan_run *run, const struct gv_rule *rule,
    const struct gv_scanner_hit *h, const struct gv_value *v)
{
	return rule->scanner && strcmp(rule->scanner, "sql") == 0 &&
	    !v->has_digit && h->at > 0 && run->lex.text[h->at - 1] == ' ' &&
	    gv_scan_is_remark(run, h->at);
}

/* Whether it is of small letters, and of '_' and '-' between; a short number
 * may count it. */
static bool
is_plain_words(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!gv_ascii_is_lower(p[i]) && p[i] != '_' && p[i] != '-' &&
		    (i == 0 || i + 1 < len || !gv_ascii_is_digit(p[i]) ||
			p[i - 1] != '-'))
			return false;
	return true;
}

/* --from-literal=basic-auth-user=ann, or in a text access-key=myaccesskey. */
static bool
is_beside(struct gv_scan_run *run, const struct gv_scanner_hit *h,
    enum gv_score_value look)
{
	const char *text = run->lex.text;

	return h->names &&
	    ((look < GV_SCORE_MIXED &&
		 is_public_name(text + h->name, h->names)) ||
		/* memberof=pg_monitor, stage=live */
		(look <= GV_SCORE_WORD &&
		    is_plain_words(text + h->name, h->names) &&
		    is_plain_words(text + h->at, h->len) &&
		    gv_name_judge(text + h->name, h->names) == GV_NAME_PLAIN) ||
		(gv_score_ends_itself(text + h->at, h->len) &&
		    gv_scan_is_remark(run, h->at)));
}

static bool
has_digit(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && !gv_ascii_is_digit(p[i]); i++)
		;
	return i < len;
}

/* x://ann:annpass@host, x://ann:T0pS3cr3t@host: in a comment or a text. */
static bool
is_shown(struct gv_scan_run *run, const struct gv_scanner_hit *h)
{
	const char *text = run->lex.text;

	/* a key or a token ends so by chance */
	if (h->is_proved || h->is_formed || h->len > WORD_MAX ||
	    !gv_scan_is_remark(run, h->at))
		return false;
	return gv_score_ends_leet(text + h->at, h->len) ||
	    gv_score_is_leet(text + h->at, h->len) ||
	    /* identified by AppPassword4239: of a document */
	    (run->is_prose && has_digit(text + h->at, h->len) &&
		gv_score_is_common(text + h->at, h->len)) ||
	    (h->users && h->len > h->users &&
		memcmp(text + h->user, text + h->at, h->users) == 0 &&
		gv_score_ends_itself(text + h->at, h->len));
}

static bool is_all_elsewhere(const char *p, size_t len);

static int
judge_scanned(struct gv_scan_run *run, const struct gv_rule *rule,
    const struct gv_scanner_hit *h)
{
	struct gv_scan_finding f = { .rule = rule,
		.at = h->at,
		.len = h->len,
		.reasons = GV_SCAN_ANCHORED,
		.grade = rule->is_likely ? GV_SCAN_LIKELY : GV_SCAN_POSSIBLE };
	const struct gv_value *known;
	enum gv_score_value look;
	struct gv_value v;

	/* what is left of a template that was cut at a slash */
	if (h->users && memchr(run->lex.text + f.at, '}', f.len))
		return 0;
	/* http://localhost:@port@/: filled in when it is built */
	if (h->users && run->lex.text[f.at] == '@' &&
	    is_plain_words(run->lex.text + f.at + 1, f.len - 1))
		return 0;
	/* x://[user][:password]@host: how one is written */
	if (h->users && h->user && run->lex.text[h->user] == '[' &&
	    run->lex.text[f.at + f.len - 1] == ']')
		return 0;
	if (h->names && is_all_elsewhere(run->lex.text + f.at, f.len))
		return 0;
	/* a pattern may have found the same */
	if ((known = gv_scan_know_value(
		 run, f.at, f.len < 256 ? f.len : 256)) == NULL)
		return GV_ENOMEM;
	v = *known;
	/* '!x9…', '*x9…' are marks of YAML alone */
	if (v.shape == GV_VALUE_REFERENCE && f.len > 5 && f.len < 256 &&
	    memchr("!*", run->lex.text[f.at], 2)) {
		gv_value_judge(&v, run->lex.text + f.at + 1, f.len - 1);
		v.letters = known->letters; /* of all of it, as is scored */
	}
	if (h->is_proved) {
		f.grade = GV_SCAN_VERIFIED;
		f.reasons |= GV_SCAN_CHECKED;
	} else if (v.shape == GV_VALUE_PLACEHOLDER) {
		f.grade = GV_SCAN_EXAMPLE;
		f.reasons |= GV_SCAN_PLACEHOLDER;
	} else if (!h->is_formed &&
	    (v.shape == GV_VALUE_TEMPLATE || v.shape == GV_VALUE_EMPTY ||
		v.shape == GV_VALUE_REFERENCE || is_variable_name(&v))) {
		return 0;
	}
	look = gv_score_value(&v, run->lex.text + f.at, f.len);
	/* of a URL the password says how much it is one */
	if (h->users && f.grade == GV_SCAN_POSSIBLE &&
	    look >= GV_SCORE_JUMBLE && f.len >= URL_MIN)
		f.grade = GV_SCAN_LIKELY;
	gv_scan_look_at_path(run);
	/* what a test or a document shows has passed */
	if (h->is_passing && run->is_example && f.grade > GV_SCAN_LIKELY)
		f.grade = GV_SCAN_LIKELY;
	if (f.grade > GV_SCAN_POSSIBLE &&
	    (h->is_weak || is_of_nobody(run, h) || is_shown(run, h) ||
		is_beside(run, h, look) ||
		is_sentence_of_sql(run, rule, h, &v) ||
		(run->is_translation && !h->is_proved) ||
		is_url_of_nobody(run->lex.text + f.at, f.len) ||
		(!h->is_proved &&
		    (look == GV_SCORE_ITSELF || look == GV_SCORE_PROSE)))) {
		f.grade = GV_SCAN_POSSIBLE;
		f.reasons |= GV_SCAN_SIMPLE;
	}
	gv_scan_temper(run, &f);
	return gv_scan_add(run, &f);
}

int
gv_scan_by_scanner(struct gv_scan_run *run, size_t number, size_t at)
{
	gv_scanner_fn fn = gv_ruleset_scanner(run->set, number);
	struct gv_scanner_hit h = { 0 };

	/* most anchors are of none */
	return fn(&h, run->lex.text, run->lex.len, at)
	    ? judge_scanned(run, gv_ruleset_rule(run->set, number), &h)
	    : 0;
}

/* Add what stands where a secret does, unless it is in no form to be one. */
static int
add_value(struct gv_scan_run *run, struct gv_scan_finding *f,
    const struct gv_value *v)
{
	switch (v->shape) {
	case GV_VALUE_EMPTY:
	case GV_VALUE_TEMPLATE:
	case GV_VALUE_CIPHERTEXT:
		return 0;
	case GV_VALUE_PLACEHOLDER:
		f->grade = GV_SCAN_EXAMPLE;
		f->reasons |= GV_SCAN_PLACEHOLDER;
		break;
	default:
		break;
	}
	gv_scan_temper(run, f);
	return gv_scan_add(run, f);
}

/* Whether one of these words is in it, whatever case the first letter has. */
static bool
has_secret_word(const char *p, size_t len)
{
	/* by the last five bits of the first byte */
	static const char *const words[32][2] = {
		['a' & 31] = { "asswo", "ASSWO" },
		['e' & 31] = { "ecret", "ECRET" },
		['k' & 31] = { "key", "KEY" },
		['o' & 31] = { "oken", "OKEN" },
		['r' & 31] = { "redent", "REDENT" },
		['-' & 31] = { "-----BEGIN" },
	};
	size_t i, k, n;

	for (i = 0; i < len; i++)
		for (k = 0; k < 2 && words[p[i] & 31][k]; k++) {
			n = strlen(words[p[i] & 31][k]);
			if (len - i >= n &&
			    memcmp(p + i, words[p[i] & 31][k], n) == 0)
				return true;
		}
	return false;
}

/* access_key: ${KEY}, password: what is given a value elsewhere, or none. */
static bool
is_given_elsewhere(const char *p, size_t len)
{
	struct gv_value v;
	size_t i = 0, n = 0;

	while (i < len && p[i] != ':' && p[i] != '=')
		i++;
	if (i == len)
		return false;
	for (i++; i < len && p[i] && strchr(" \t\"'", p[i]); i++)
		;
	while (i + n < len && !(p[i + n] && strchr(" \t\r\"',;", p[i + n])))
		n++;
	gv_value_judge(&v, p + i, n);
	return v.shape == GV_VALUE_EMPTY || v.shape == GV_VALUE_TEMPLATE ||
	    v.shape == GV_VALUE_REFERENCE;
}

/* Lines of settings, of which each that is called a secret is given elsewhere:
 * username=$USER, password=$PASS. */
static bool
is_all_elsewhere(const char *p, size_t len)
{
	const char *end = p + len, *eol;
	size_t lines = 0;

	for (; p < end; p = eol < end ? eol + 1 : end) {
		eol = memchr(p, '\n', (size_t)(end - p));
		eol = eol ? eol : end;
		if (!has_secret_word(p, (size_t)(eol - p)))
			continue;
		if (!is_given_elsewhere(p, (size_t)(eol - p)))
			return false;
		lines++;
	}
	return lines > 0;
}

/* name=VALUE of a name that promises nothing, and a value that says nothing. */
static bool
is_plain_setting(const char *p, size_t len)
{
	const char *sign = memchr(p, '=', len);
	size_t n = sign ? (size_t)(sign - p) : 0, i;
	struct gv_value v;

	if (n < 3 || n + 1 >= len || gv_name_judge(p, n) != GV_NAME_PLAIN)
		return false;
	for (i = 0; i < n; i++)
		if (!gv_ascii_is_name(p[i]) && p[i] != '#')
			return false;
	gv_value_judge(&v, sign + 1, len - n - 1);
	return gv_score_value(&v, sign + 1, len - n - 1) <= GV_SCORE_DIGITS;
}

/* Settings in clear, of which none is called a secret: several lines with
 * blanks in them, or one name=value. Comments do not count. */
static bool
is_harmless(const char *p, size_t len)
{
	const char *end = p + len, *eol;
	size_t lines = 0, plain = 0, comments = 0, n;
	bool has_blank = false;

	for (; p < end; p = eol < end ? eol + 1 : end) {
		eol = memchr(p, '\n', (size_t)(end - p));
		eol = eol ? eol : end;
		while (p < eol && gv_ascii_is_blank(*p))
			p++;
		n = (size_t)(eol - p);
		if (n == 0)
			continue;
		if (*p == '#' || *p == '*' ||
		    (n > 1 && *p == '/' && (p[1] == '*' || p[1] == '/'))) {
			comments++;
			continue;
		}
		if (has_secret_word(p, n) && !is_given_elsewhere(p, n))
			return false;
		lines++;
		plain += is_plain_setting(p, n);
		has_blank |= memchr(p, ' ', n) != NULL;
	}
	return plain == lines
	    ? lines + comments > 0
	    : lines + comments > 1 && (has_blank || comments > 0);
}

/* Of a value that a name is given in what is read further. */
static struct gv_scan_finding
finding_of(const struct gv_rule *rule, size_t at, size_t len, size_t name,
    size_t name_len)
{
	return (struct gv_scan_finding){ .rule = rule,
		.at = at,
		.len = len,
		.name = name,
		.name_len = name_len,
		.grade = GV_SCAN_LIKELY,
		.reasons = GV_SCAN_ANCHORED | GV_SCAN_NAMED };
}

/* Decode base64, which may have line ends in it. */
static long
decode(char *out, size_t max, const char *p, size_t len)
{
	char coded[352];
	size_t i, n = 0;
	long all;

	if (memchr(p, '\n', len) == NULL)
		return gv_base64_decode(out, max, p, len);
	for (i = 0; i < len && n < sizeof(coded); i++)
		if (!gv_ascii_is_space(p[i]))
			coded[n++] = p[i];
	all = gv_base64_decode(out, max, coded, n - n % 4);
	explicit_bzero(coded, sizeof(coded));
	return all;
}

/* tcp://10.0.0.1:5705: a host, maybe with its port, and nothing else. */
static bool
is_host(const char *p, size_t len)
{
	const char *host = memmem(p, len, "://", 3);
	size_t i = host ? (size_t)(host - p) + 3 : len;

	if (i == len)
		return false;
	while (i < len && (gv_ascii_is_name(p[i]) || p[i] == ':'))
		i++;
	return i == len;
}

static int
on_k8s(void *ctx, const struct gv_k8s_value *value)
{
	return gv_scan_k8s_value(ctx, value);
}

int
gv_scan_k8s_value(struct gv_scan_run *run, const struct gv_k8s_value *value)
{
	struct gv_scan_finding f = finding_of(run->k8s, value->value,
	    value->value_len, value->name, value->name_len);
	const char *text = run->lex.text + f.at;
	char plain[4096]; /* files of settings are mostly smaller */
	size_t n = f.len < sizeof(plain) ? f.len : sizeof(plain);
	struct gv_value v;
	bool is_elsewhere, is_strong, is_itself, is_pattern, is_path, is_whole;
	enum gv_score_value look;
	bool is_url;
	long all = 0;

	if (value->is_encoded) {
		all = decode(plain, sizeof(plain), text, f.len);
		if (all > 0)
			f.encodings[0] = GV_SCAN_BASE64;
		/* a value that is not base64 is taken as it is */
		n = all > (long)sizeof(plain) ? sizeof(plain)
		    : all > 0                 ? (size_t)all
					      : n;
		text = all > 0 ? plain : text;
	}
	/* ciphertext is known by its end */
	if (f.encodings[0] == 0)
		n = f.len;
	gv_value_judge(&v, text, n);
	/* op://…, ref+vault://…; an address may be all that is secret */
	is_url = v.has_other && memmem(text, n, "://", 3);
	look = gv_score_value(&v, text, n);
	is_strong = !(is_url && is_host(text, n)) &&
	    (look >= (v.has_upper ? GV_SCORE_JUMBLE : GV_SCORE_MIXED) ||
		(is_url && memchr(text, '@', n)));
	is_path = v.shape == GV_VALUE_REFERENCE &&
	    (text[0] == '/' || (n > 1 && text[0] == '.' && text[1] != '*'));
	is_elsewhere = v.shape == GV_VALUE_REFERENCE && is_url &&
	    memcmp(text, "http", 4) != 0;
	/* some-secret, and words in data, which are no base64 */
	is_pattern = gv_score_is_vague(text, n) ||
	    gv_score_is_constant(text, n) ||
	    (value->is_encoded && f.encodings[0] == 0 &&
		look < GV_SCORE_JUMBLE);
	/* a number or word of three characters is no secret */
	is_path |= f.encodings[0] && n < 4;
	is_whole = all <= (long)sizeof(plain) &&
	    (f.encodings[0] || !value->is_encoded);
	is_pattern |= is_whole && is_harmless(text, n);
	/* what is decoded is no longer than before; clearing all of it took a
	 * tenth of the time */
	if (value->is_encoded)
		explicit_bzero(
		    plain, f.len < sizeof(plain) ? f.len : sizeof(plain));
	/* a line of a template ends so */
	if (f.len > 2 && memcmp(run->lex.text + f.at + f.len - 2, "}}", 2) == 0)
		return 0;
	if (n == 0 || v.shape == GV_VALUE_PUBLIC || is_elsewhere)
		return 0;
	/* admin-secret: admin-secret, of a program that makes one */
	is_itself = gv_scan_syntax(run) == GV_SYNTAX_CODE &&
	    f.len == f.name_len &&
	    memcmp(run->lex.text + f.at, run->lex.text + f.name, f.len) == 0;
	if (v.shape != GV_VALUE_PLACEHOLDER &&
	    (is_itself || is_pattern || is_path ||
		(is_public_name(run->lex.text + f.name, f.name_len) &&
		    (!is_strong || n < PUBLIC_MIN)))) {
		f.grade = GV_SCAN_POSSIBLE;
		f.reasons |= GV_SCAN_SIMPLE;
	}
	return add_value(run, &f, &v);
}

int
gv_scan_k8s_near(struct gv_scan_run *run, size_t number, size_t at)
{
	const size_t end = run->k8s_end;
	/* of what was read last the end may be missing */
	const size_t from = end > K8S_AGAIN ? end - K8S_AGAIN : 0;

	if (at < end)
		return 0;
	run->k8s = gv_ruleset_rule(run->set, number);
	run->k8s_end = at;
	return gv_k8s_secret(
	    run->lex.text, run->lex.len, from, &run->k8s_end, on_k8s, run);
}

/* Whatever it is, the state says that it is sensitive; what only stands for
 * nothing or for something else is not. */
static int
on_tfstate(void *ctx, const struct gv_tfstate_value *value)
{
	struct gv_scan_run *run = ctx;
	struct gv_scan_finding f = finding_of(run->tfstate, value->value,
	    value->value_len, value->name, value->name_len);
	struct gv_value v;

	gv_value_judge(&v, run->lex.text + f.at, f.len);
	return v.shape == GV_VALUE_PUBLIC ? 0 : add_value(run, &f, &v);
}

/* Add a value of any form that its tool treats as secret. */
int
gv_scan_marked_value(struct gv_scan_run *run, const struct gv_k8s_value *value)
{
	struct gv_scan_finding f = finding_of(run->marked, value->value,
	    value->value_len, value->name, value->name_len);
	const char *p = run->lex.text + f.at;
	struct gv_value v;

	/* value = x.data["password"]: where it is; env("TOKEN"), too */
	if (f.at > 2 && (p[-1] == '"' || p[-1] == '\'') &&
	    gv_ascii_is_word(p[-3]) &&
	    (p[-2] == '[' || (p[-2] == '(' && gv_score_is_constant(p, f.len))))
		return 0;
	/* ")}", behind the quote in "${env("TOKEN")}" */
	if (f.len && p[0] == ')')
		return 0;
	/* KUBE_TOKEN_DEV: what one is called elsewhere */
	if (gv_score_is_constant(p, f.len)) {
		f.grade = GV_SCAN_POSSIBLE;
		f.reasons |= GV_SCAN_SIMPLE;
	}
	gv_value_judge(&v, p, f.len);
	return v.shape == GV_VALUE_PUBLIC ? 0 : add_value(run, &f, &v);
}

int
gv_scan_tfstate(struct gv_scan_run *run, size_t number, size_t at)
{
	static const char mark[] = "\"sensitive", list[] = "\"sensitive_";
	const char *text = run->lex.text + at;
	size_t len = run->lex.len - at, from;
	bool is_list;

	/* a rule of a team may have other anchors */
	if (len < sizeof(list) || memcmp(text, mark, sizeof(mark) - 1) != 0)
		return 0;
	is_list = memcmp(text, list, sizeof(list) - 1) == 0;
	from = run->tfstate_end[is_list];
	if (at < from)
		return 0;
	run->tfstate = gv_ruleset_rule(run->set, number);
	run->tfstate_end[is_list] = at;
	return gv_tfstate_marked(run->lex.text, run->lex.len, from,
	    &run->tfstate_end[is_list], on_tfstate, run);
}

static int
on_account(void *ctx, const struct gv_account *account)
{
	struct gv_scan_run *run = ctx;
	struct gv_scan_finding f = { .rule = run->accounts,
		.at = account->value,
		.len = account->value_len,
		.name = account->name,
		.name_len = account->name_len,
		.grade = run->accounts->is_likely ? GV_SCAN_LIKELY
						  : GV_SCAN_POSSIBLE,
		.reasons = GV_SCAN_ANCHORED };
	enum gv_score_value look;
	struct gv_value v;

	gv_value_judge(&v, run->lex.text + f.at, f.len);
	look = gv_score_value(&v, run->lex.text + f.at, f.len);
	/* "rounds = 12000", "shell = /bin/sh" of users, too */
	if (account->is_loose && look < GV_SCORE_JUMBLE &&
	    !(look == GV_SCORE_WORDS && v.has_digit))
		return 0;
	return is_variable_name(&v) ? 0 : add_value(run, &f, &v);
}

int
gv_scan_account_lines(struct gv_scan_run *run, const struct gv_rule *rule)
{
	const char *p = run->lex.text, *nl;
	struct gv_account a;
	size_t at = 0, end;
	int r = 0;

	run->accounts = rule;
	for (; r == 0 && at < run->lex.len; at = end + 1) {
		nl = memchr(p + at, '\n', run->lex.len - at);
		end = nl ? (size_t)(nl - p) : run->lex.len;
		if (gv_account_line(&a, p, at, end))
			r = on_account(run, &a);
	}
	return r;
}

int
gv_scan_accounts(struct gv_scan_run *run, size_t number, size_t at)
{
	if (at < run->accounts_end)
		return 0;
	run->accounts = gv_ruleset_rule(run->set, number);
	run->accounts_end = at;
	return gv_account_read(
	    run->lex.text, run->lex.len, &run->accounts_end, on_account, run);
}
