#include <stdlib.h>
#include <strings.h>

#include "base/err.h"
#include "drift/drift_internal.h"
#include "drift/meaning.h"

/*
 * What is wrong with a value by itself: it points to another environment, or to
 * nothing that could be in production.
 */

struct crossing {
	struct gv_drift_pair *pair;
	const struct gv_drift_role *role;
	unsigned env;
};

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static int
tell(struct crossing *c, struct gv_drift_key *key,
    const struct gv_drift_judged *judged)
{
	const bool is_low = c->env == c->pair->low;

	key->is_crossed = true;
	return gv_drift_tell(
	    c->pair, c->role, is_low ? key : NULL, is_low ? NULL : key, judged);
}

/* ---- another environment ------------------------------------------------- */

/* Words that are names of something else where they are: /dev/null, a domain
 * of .dev, dev.azure.com. */
static bool
is_other_thing(struct gv_drift_text t, const struct gv_envname_hit *hit)
{
	const size_t end = hit->at + hit->len;

	if (hit->len == t.len)
		return true;
	if (hit->at > 0 && t.p[hit->at - 1] == '/' &&
	    (hit->at == 1 || !is_alnum(t.p[hit->at - 2])) &&
	    (hit->at < 3 || t.p[hit->at - 2] != '/'))
		return true;
	if (hit->at > 0 && t.p[hit->at - 1] == '.' &&
	    (end == t.len || t.p[end] == '/' || t.p[end] == ':'))
		return true;
	return t.len - hit->at > 13 &&
	    strncasecmp(t.p + hit->at, "dev.azure.com", 13) == 0;
}

/* The environment that a value points to and that is not its own. */
static bool
find_other(unsigned *env, const struct crossing *c, struct gv_drift_text text)
{
	const struct gv_drift_opts *opts = c->pair->d->opts;
	struct gv_envname_hit hit;
	size_t from = 0;
	bool has_other = false;

	if (!gv_envname_is_address(text.p, text.len))
		return false;
	while (gv_envname_next(&hit, &opts->names, text.p, text.len, from)) {
		from = hit.at + hit.len;
		if (hit.env == c->env)
			return false;
		if (has_other || is_other_thing(text, &hit))
			continue;
		has_other = true;
		*env = hit.env;
	}
	return has_other;
}

static bool
is_place_of(const struct gv_drift_pair *pair, unsigned side, bool is_account,
    struct gv_drift_text place)
{
	const struct gv_drift_text own = pair->places[side][is_account];

	return own.len && gv_drift_is_text(own, place);
}

/* The region or account that the other side is in, and this one is not. */
static bool
find_place(struct gv_drift_text *out, const struct crossing *c,
    struct gv_drift_text text)
{
	const unsigned side = c->env == c->pair->high;
	bool is_account;
	size_t from = 0;

	while (gv_drift_next_place(out, &is_account, text, from)) {
		from = (size_t)(out->p - text.p) + out->len;
		if (c->pair->places[side][is_account].len &&
		    !is_place_of(c->pair, side, is_account, *out) &&
		    is_place_of(c->pair, !side, is_account, *out))
			return true;
	}
	return false;
}

/* ---- placeholders -------------------------------------------------------- */

static bool
is_placeholder(struct gv_drift_text text)
{
	static const char *const words[] = { "localhost", "127.0.0.1",
		"example.com", "example.org", "example.net", "changeme",
		"change-me", "change_me", "replaceme", "replace-me",
		"replace_me", "todo", "fixme", "TBD", NULL };
	size_t i, at;

	for (i = 0; words[i]; i++) {
		const size_t n = strlen(words[i]);

		for (at = 0; at + n <= text.len; at++)
			if (strncasecmp(text.p + at, words[i], n) == 0 &&
			    (at == 0 || !is_alnum(text.p[at - 1])) &&
			    (at + n == text.len || !is_alnum(text.p[at + n])))
				return true;
	}
	return false;
}

/* A server that listens there is behind something. */
static bool
is_listening(const struct gv_drift_key *key)
{
	static const char *const words[] = { "bind", "listen", "no_proxy",
		"NO_PROXY", "noProxy", NULL };
	size_t n, i;
	const char *p = gv_meaning_last(&n, key->show, strlen(key->show));

	for (i = 0; words[i]; i++)
		if (n >= strlen(words[i]) &&
		    strncasecmp(p, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* ---- one side ------------------------------------------------------------ */

/* Whether something is wrong with a text: then *judged says what. */
static bool
judge(struct gv_drift_judged *judged, const struct crossing *c,
    const struct gv_drift_key *key, struct gv_drift_text text)
{
	const struct gv_drift_env *envs = c->pair->d->opts->envs;
	struct gv_drift_text place;
	unsigned other;

	if (find_other(&other, c, text)) {
		gv_drift_set(judged, GV_DRIFT_DRIFT, GV_DRIFT_CROSS,
		    GV_DRIFT_HIGH, "%s points at %s", envs[c->env].name,
		    envs[other].name);
		return true;
	}
	if (envs[c->env].is_prod && !is_listening(key) &&
	    is_placeholder(text)) {
		gv_drift_set(judged, GV_DRIFT_DRIFT, GV_DRIFT_PLACEHOLDER,
		    GV_DRIFT_HIGH, "a placeholder in %s", envs[c->env].name);
		return true;
	}
	if (find_place(&place, c, text)) {
		gv_drift_set(judged, GV_DRIFT_DRIFT, GV_DRIFT_CROSS,
		    GV_DRIFT_NORMAL, "%.*s in %s, which is where %s is",
		    (int)place.len, place.p, envs[c->env].name,
		    c->env == c->pair->low ? gv_drift_high(c->pair)
					   : gv_drift_low(c->pair));
		return true;
	}
	return false;
}

int
gv_drift_cross(
    struct gv_drift_pair *pair, struct gv_drift_role *role, unsigned env)
{
	const struct gv_drift_keys *keys = &role->sides[env].keys;
	struct crossing c = { pair, role, env };
	struct gv_drift_judged judged;
	size_t i, k;
	int r = 0;

	if (pair->d->opts->in_time)
		return 0;
	for (i = 0; r == 0 && i < keys->n; i++) {
		struct gv_drift_key *key = keys->items[i];

		if (key->is_hidden || key->kind == GV_DRIFT_EMPTY ||
		    key->kind == GV_DRIFT_BROKEN)
			continue;
		if (judge(&judged, &c, key, key->text))
			r = tell(&c, key, &judged);
		for (k = 0; r == 0 && !key->is_crossed && k < key->n_items; k++)
			if (judge(&judged, &c, key, key->items[k]))
				r = tell(&c, key, &judged);
	}
	return r;
}

/* ---- places -------------------------------------------------------------- */

struct tally {
	struct gv_drift_text place;
	size_t n;
};

#define TALLIES 64 /* places that are counted of a side */

/* The one that most values name, if it is more than half of them. */
static void
choose(struct gv_drift_text *out, const struct tally *list, size_t n)
{
	size_t i, sum = 0, best = 0;

	for (i = 0; i < n; i++) {
		sum += list[i].n;
		if (list[i].n > list[best].n)
			best = i;
	}
	if (n && list[best].n >= 3 && list[best].n * 2 > sum)
		*out = list[best].place;
}

static void
count_text(
    struct tally lists[2][TALLIES], size_t n[2], struct gv_drift_text text)
{
	struct gv_drift_text place;
	bool is_account;
	size_t from = 0, i;

	while (gv_drift_next_place(&place, &is_account, text, from)) {
		struct tally *list = lists[is_account];

		from = (size_t)(place.p - text.p) + place.len;
		for (i = 0; i < n[is_account]; i++)
			if (gv_drift_is_text(list[i].place, place))
				break;
		if (i == TALLIES)
			continue;
		if (i == n[is_account])
			list[n[is_account]++] = (struct tally){ place, 0 };
		list[i].n++;
	}
}

void
gv_drift_count_places(struct gv_drift_pair *pair)
{
	struct tally lists[2][TALLIES];
	struct gv_drift *d = pair->d;
	size_t n[2], i, k, at;
	unsigned side;

	for (side = 0; side < 2 && !d->opts->in_time; side++) {
		const unsigned env = side ? pair->high : pair->low;

		n[0] = n[1] = 0;
		for (i = 0; i < d->n_roles; i++) {
			const struct gv_drift_keys *keys =
			    &d->roles[i]->sides[env].keys;

			for (k = 0; k < keys->n; k++) {
				const struct gv_drift_key *key = keys->items[k];

				if (key->is_hidden)
					continue;
				count_text(lists, n, key->text);
				for (at = 0; at < key->n_items; at++)
					count_text(lists, n, key->items[at]);
			}
		}
		choose(&pair->places[side][0], lists[0], n[0]);
		choose(&pair->places[side][1], lists[1], n[1]);
	}
}
