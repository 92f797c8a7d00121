#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "param/param_check_internal.h"
#include "schema/decimal.h"

/* What has to hold between the keys of a configuration, and between the same
 * keys of several. */

size_t
gv_param_check_sets(const struct gv_policy_config *out[2],
    const struct gv_param_pool *pool, const char *name)
{
	const struct gv_policy_configs *sides[2] = { &pool->policy.configs,
		&pool->policy.configs_also };
	size_t i, n = 0;

	for (i = 0; name && i < 2; i++)
		if ((out[n] = gv_policy_config(sides[i], name)) != NULL)
			n++;
	return n;
}

/* A key is set where it has a value other than null and false. */
static bool
is_set(const struct gv_layer_value *v)
{
	return v && v->kind != GV_LAYER_NULL &&
	    (v->kind != GV_LAYER_BOOL || gv_layer_is_true(v));
}

static bool
says(const struct gv_layer_value *v, const char *text)
{
	struct gv_buf plain = GV_BUF_INIT;
	bool is;

	is = v && gv_layer_emit_plain(&plain, v) == 0 &&
	    plain.len == strlen(text) && memcmp(plain.p, text, plain.len) == 0;
	if (plain.cap)
		explicit_bzero(plain.p, plain.len);
	gv_buf_release(&plain);
	return is;
}

struct asked {
	struct gv_param_checker *c;
	const struct gv_param_one *one;
	const struct gv_policy_config_rule *rule;
	const struct gv_layer_value *root;
};

static const struct gv_layer_value *
find(const struct asked *a, const char *key)
{
	return gv_layer_find(a->root, key);
}

/* Say that the rule is broken: with its own message, or the text, which is
 * released. */
static int
broken(const struct asked *a, enum gv_param_grade grade, const char *key,
    const struct gv_layer_value *v, struct gv_buf *text)
{
	int r = gv_buf_check(text);

	if (r == 0)
		r = gv_param_check_say(a->c, a->one,
		    (struct gv_param_problem){ .grade = grade,
			.check = "rule",
			.key = key,
			.text = a->rule->message && grade == GV_PARAM_WRONG
			    ? a->rule->message
			    : text->p },
		    v);
	gv_buf_release(text);
	return r;
}

/* ---- keys that are set --------------------------------------------------- */

static int
check_keys(const struct asked *a, bool wanted)
{
	const struct gv_policy_config_rule *q = a->rule;
	const struct gv_layer_value *v = find(a, q->key), *w;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < q->keys.n; i++) {
		w = find(a, q->keys.items[i]);
		if (is_set(w) == wanted)
			continue;
		if (wanted)
			gv_buf_addf(&text, "it needs '%s', which is not set",
			    q->keys.items[i]);
		else
			gv_buf_addf(&text,
			    "it does not go with '%s', which is set",
			    q->keys.items[i]);
		r = broken(a, GV_PARAM_WRONG, q->key, v, &text);
	}
	return r;
}

static int
check_one_of(const struct asked *a)
{
	const struct gv_policy_config_rule *q = a->rule;
	const struct gv_layer_value *v, *last = NULL;
	struct gv_buf text = GV_BUF_INIT;
	const char *key = q->keys.n ? q->keys.items[0] : "";
	size_t i, n = 0;

	for (i = 0; i < q->keys.n; i++) {
		v = find(a, q->keys.items[i]);
		if (!is_set(v))
			continue;
		n++;
		last = v;
		key = q->keys.items[i];
	}
	if (n == 1)
		return 0;
	gv_buf_addstr(&text, "exactly one is set of");
	for (i = 0; i < q->keys.n; i++)
		gv_buf_addf(&text, "%s '%s'", i ? "," : "", q->keys.items[i]);
	gv_buf_addf(&text, ": %s", n ? "several are" : "none is");
	return broken(a, GV_PARAM_WRONG, key, last, &text);
}

/* ---- numbers ------------------------------------------------------------- */

static bool
read_number(struct gv_decimal *out, const struct gv_layer_value *v)
{
	return v &&
	    (v->kind == GV_LAYER_INT || v->kind == GV_LAYER_FLOAT ||
		v->kind == GV_LAYER_TEXT) &&
	    gv_decimal_read(out, v->text, v->len);
}

static int
check_range(const struct asked *a, bool is_least)
{
	const struct gv_policy_config_rule *q = a->rule;
	const struct gv_layer_value *v = find(a, q->key), *w = NULL;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_decimal number, than;
	const char *key = q->key;
	int order;

	if (!is_set(v))
		return 0;
	if (!gv_decimal_read(&than, q->than, strlen(q->than))) {
		w = find(a, q->than);
		if (!is_set(w))
			return 0;
		if (!read_number(&than, w)) {
			v = w;
			key = q->than;
			goto no_number;
		}
	}
	if (!read_number(&number, v))
		goto no_number;
	order = gv_decimal_compare(&number, &than);
	if (is_least ? order >= 0 : order <= 0)
		return 0;
	gv_buf_addf(&text, "it must be at %s %s%s", is_least ? "least" : "most",
	    w ? "the value of " : "", q->than);
	return broken(a, GV_PARAM_WRONG, q->key, v, &text);
no_number:
	if (gv_param_is_sealed(a->one->param, v) || v->is_code) {
		gv_buf_addstr(&text, "its value is not known here");
		return broken(a, GV_PARAM_UNSURE, key, v, &text);
	}
	gv_buf_addstr(&text, "it must be a number");
	return broken(a, GV_PARAM_WRONG, key, v, &text);
}

/* ---- one configuration --------------------------------------------------- */

static int
check_rule(const struct asked *a)
{
	const struct gv_policy_config_rule *q = a->rule;
	const struct gv_layer_value *v = q->key ? find(a, q->key) : NULL;

	if (q->is && !says(v, q->is))
		return 0;
	switch (q->kind) {
	case GV_POLICY_REQUIRES:
		return q->is || is_set(v) ? check_keys(a, true) : 0;
	case GV_POLICY_EXCLUDES:
		return q->is || is_set(v) ? check_keys(a, false) : 0;
	case GV_POLICY_ONE_OF:
		return check_one_of(a);
	case GV_POLICY_AT_LEAST:
		return check_range(a, true);
	case GV_POLICY_AT_MOST:
		return check_range(a, false);
	default:
		return 0;
	}
}

int
gv_param_check_rules(struct gv_param_checker *c, const struct gv_param_one *one)
{
	const struct gv_policy_config *sets[2];
	const size_t n = gv_param_check_sets(sets, c->pool, one->param->layout);
	size_t i, k;
	int r = 0;

	if (one->param->set == NULL)
		return 0;
	for (i = 0; i < n; i++)
		for (k = 0; r == 0 && k < sets[i]->n_rules; k++) {
			const struct asked a = { .c = c,
				.one = one,
				.rule = &sets[i]->rules[k],
				.root = one->param->tree.root };

			r = check_rule(&a);
			c->report->n_rules++;
		}
	return r;
}

/* ---- several configurations ---------------------------------------------- */

static bool
is_across(const struct gv_policy_config_rule *q)
{
	return q->kind == GV_POLICY_EQUAL_ACROSS ||
	    q->kind == GV_POLICY_UNIQUE_ACROSS;
}

bool
gv_param_has_across(const struct gv_param_pool *pool, const char *name)
{
	const struct gv_policy_config *sets[2];
	const size_t n = gv_param_check_sets(sets, pool, name);
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n_rules; k++)
			if (is_across(&sets[i]->rules[k]))
				return true;
	return false;
}

static bool
is_named(const struct gv_policy_texts *texts, const char *name)
{
	size_t i;

	for (i = 0; i < texts->n; i++)
		if (name && strcmp(texts->items[i], name) == 0)
			return true;
	return texts->n == 0;
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether two configurations are to be compared: they differ in what the rule
 * is over, and in nothing else. */
static bool
are_asked(const struct gv_policy_config_rule *q, const struct gv_param_query *a,
    const struct gv_param_query *b)
{
	const bool are_envs = q->kind == GV_POLICY_EQUAL_ACROSS;

	return is_same(a->provider, b->provider) &&
	    (are_envs ? is_same(a->service, b->service)
		      : is_same(a->env, b->env)) &&
	    is_named(&q->keys, are_envs ? a->env : a->service) &&
	    is_named(&q->keys, are_envs ? b->env : b->service);
}

/* The other one is the first that is compared with it and has the key: of ten
 * environments one that differs is named once. */
static int
check_pair(
    struct gv_param_checker *c, const struct gv_policy_config_rule *q, size_t i)
{
	const struct gv_param_one *one = &c->all[i], *other;
	const struct asked a = { .c = c,
		.one = one,
		.rule = q,
		.root = one->param ? one->param->tree.root : NULL };
	const bool are_envs = q->kind == GV_POLICY_EQUAL_ACROSS;
	const struct gv_layer_value *v = a.root ? find(&a, q->key) : NULL, *w;
	struct gv_buf text = GV_BUF_INIT;
	size_t k;

	if (v == NULL || one->is_context || (q->is && !says(v, q->is)))
		return 0;
	for (k = 0; k < c->n; k++) {
		other = &c->all[k];
		if (k == i || (k > i && !other->is_context) ||
		    other->param == NULL ||
		    !are_asked(q, &one->query, &other->query) ||
		    (w = gv_layer_find(other->param->tree.root, q->key)) ==
			NULL)
			continue;
		if (gv_layer_is_equal(v, w) != are_envs)
			break;
		/* what is equal to the first is equal to what equals that */
		if (are_envs)
			return 0;
	}
	if (k == c->n)
		return 0;
	if (are_envs)
		gv_buf_addf(&text, "it differs from that of %s", other->name);
	else
		gv_buf_addf(&text, "it is the same as that of %s", other->name);
	return broken(&a, GV_PARAM_WRONG, q->key, v, &text);
}

int
gv_param_check_across(struct gv_param_checker *c)
{
	const struct gv_policy_config *sets[2];
	const size_t n = c->n
	    ? gv_param_check_sets(sets, c->pool, c->all[0].query.layout)
	    : 0;
	size_t i, k, l;
	int r = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n_rules; k++)
			for (l = 0; r == 0 && is_across(&sets[i]->rules[k]) &&
			     l < c->n;
			     l++)
				r = check_pair(c, &sets[i]->rules[k], l);
	return r;
}
