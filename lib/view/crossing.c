#include "view/crossing.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "infra/sister.h"
#include "policy/team.h"
#include "record/own.h"
#include "record/record.h"
#include "safe/safe_internal.h"
#include "seal/withheld.h"
#include "vault/scope.h"

struct gv_crossing {
	const struct gv_keyring *keyring; /* NULL: nothing crosses */
	struct gv_policy policy;
	const struct gv_sister_move *move; /* or NULL */
	struct gv_buf path;
	/* The answer for the last pair of scopes; a list goes by paths, so most
	 * entries ask for the same one. */
	struct gv_buf from, to;
	const char *reader; /* NULL: there is none */
	bool is_known;
};

bool
gv_crossing_is_of_one(const struct gv_keyring *k)
{
	size_t i, n = 0;

	for (i = 0; i < k->n_recipients; i++)
		n += k->recipients[i].role != GV_KEYRING_WRITER;
	return n <= 1;
}

static bool
has_key(
    const struct gv_keyring_recipient *const *list, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i]->key, key) == 0)
			return true;
	return false;
}

int
gv_crossing_reader(const char **out, const struct gv_keyring *k,
    const char *from, const char *to)
{
	const struct gv_keyring_recipient **may = NULL, **will = NULL;
	size_t n_may = 0, n_will = 0, i;
	int r;

	*out = NULL;
	if (strcmp(from, to) == 0)
		return 0;
	if ((r = gv_safe_readers(&may, &n_may, k, from)) < 0 ||
	    (r = gv_safe_readers(&will, &n_will, k, to)) < 0)
		goto out;
	for (i = 0; i < n_will && *out == NULL; i++)
		if (!has_key(may, n_may, will[i]->key))
			*out = will[i]->name;
	r = *out != NULL;
out:
	free(may);
	free(will);
	return r;
}

int
gv_crossing_new(struct gv_crossing **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_record *rec,
    const struct gv_sister_move *move)
{
	struct gv_crossing *c = calloc(1, sizeof(*c));
	int own = 0, r = 0;

	*out = NULL;
	if (c == NULL)
		return gv_err_nomem();
	c->policy = (struct gv_policy)GV_POLICY_INIT;
	c->path = c->from = c->to = (struct gv_buf)GV_BUF_INIT;
	c->move = move;
	if (safe && safe->has_keyring &&
	    !gv_crossing_is_of_one(&safe->kept.keyring)) {
		/* a snapshot that this clone took has the scopes as they were
		 */
		if (move == NULL)
			own = gv_own_took(repo, &rec->commit);
		r = own < 0 ? own : 0;
		if (own == 0)
			r = gv_team_load(&c->policy, repo);
		if (r < 0) {
			gv_crossing_free(c);
			return r;
		}
		c->keyring = own ? NULL : &safe->kept.keyring;
	}
	*out = c;
	return 0;
}

void
gv_crossing_free(struct gv_crossing *c)
{
	if (c == NULL)
		return;
	gv_policy_release(&c->policy);
	gv_buf_release(&c->path);
	gv_buf_release(&c->from);
	gv_buf_release(&c->to);
	free(c);
}

static int
ask(struct gv_crossing *c, const char *from, const char *to)
{
	int r;

	if (c->is_known && strcmp(c->from.p, from) == 0 &&
	    strcmp(c->to.p, to) == 0)
		return c->reader != NULL;
	c->is_known = false;
	gv_buf_reset(&c->from);
	gv_buf_reset(&c->to);
	gv_buf_addstr(&c->from, from);
	gv_buf_addstr(&c->to, to);
	if ((r = gv_buf_check(&c->from)) < 0 || (r = gv_buf_check(&c->to)) < 0)
		return r;
	r = gv_crossing_reader(&c->reader, c->keyring, from, to);
	c->is_known = r >= 0;
	return r;
}

int
gv_crossing_find(struct gv_crossing_why *why, struct gv_crossing *c,
    const struct gv_withheld_entry *entry)
{
	int r = 0;

	*why = (struct gv_crossing_why){ .scope = NULL };
	if (c == NULL || c->keyring == NULL)
		return 0;
	gv_buf_reset(&c->path);
	if (c->move)
		r = gv_sister_path(
		    &c->path, c->move, entry->path, entry->path_len);
	else
		gv_buf_add(&c->path, entry->path, entry->path_len);
	if (r < 0 || gv_buf_check(&c->path) < 0)
		return GV_ENOMEM;
	if (gv_scope_keep(&c->policy, c->path.p, false) == GV_SCOPE_CLEAR)
		return 1;
	why->scope = gv_scope_of(&c->policy, c->path.p);
	r = ask(c, entry->scope, why->scope);
	why->reader = c->reader;
	return r;
}
