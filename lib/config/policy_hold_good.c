#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"

/* A set of names; what belongs to nobody is the empty one. */
struct names {
	const char **items;
	size_t n;
};

static bool
has(const struct names *set, const char *name)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->items[i], name) == 0)
			return true;
	return false;
}

static size_t
count_common(const struct names *a, const struct names *b)
{
	size_t i, n = 0;

	for (i = 0; i < a->n; i++)
		n += has(b, a->items[i]);
	return n;
}

/* Take those away that are not in the other one. */
static void
reduce(const char **items, size_t *n, const struct names *to)
{
	size_t i, kept = 0;

	for (i = 0; i < *n; i++)
		if (has(to, items[i]))
			items[kept++] = items[i];
	*n = kept;
}

/* ---- good --------------------------------------------------------------- */

/* A candidate is no record before somebody verifies it. */
static void
hold_branches(struct gv_policy_hold *h)
{
	struct gv_policy_goods *out = &h->out->goods;
	struct gv_policy_goods *present = &h->present->goods;

	free(out->branches);
	out->branches = present->branches;
	out->n_branches = present->n_branches;
	out->cap_branches = present->cap_branches;
	present->branches = NULL;
	present->n_branches = present->cap_branches = 0;
}

/* Whoever was taken out of the list does not sign any more, as long as somebody
 * is left who does. A name that was put in waits, also where there was no list:
 * the key of a stranger may stand there. */
int
gv_policy_hold_good(struct gv_policy_hold *h)
{
	struct gv_policy_goods *out = &h->out->goods;
	const struct gv_policy_goods *present = &h->present->goods;
	const struct names was = { out->signers, out->n_signers };
	const struct names now = { present->signers, present->n_signers };
	size_t common = count_common(&now, &was);

	hold_branches(h);
	if (out->drilled == 0 ||
	    (present->drilled && present->drilled < out->drilled))
		out->drilled = present->drilled;
	if (out->drilled != present->drilled)
		gv_policy_hold_wait(h, "good.drilled");
	if (out->are_signed && !present->are_signed)
		gv_policy_hold_wait(h, "good.signed");
	out->are_signed = out->are_signed || present->are_signed;
	if (common != now.n || (now.n == 0 && was.n))
		gv_policy_hold_wait(h, "good.signers");
	if (common)
		reduce(out->signers, &out->n_signers, &now);
	return 0;
}

/* ---- rollback ----------------------------------------------------------- */

static int
copy_names(struct gv_policy_approval *out, const struct names *from,
    const struct names *only)
{
	size_t i;

	out->approvers = NULL;
	out->n_approvers = out->cap_approvers = 0;
	if (from->n == 0)
		return 0;
	if (gv_vec_grow((void **)&out->approvers, &out->cap_approvers, from->n,
		sizeof(*out->approvers)) < 0)
		return gv_err_nomem();
	for (i = 0; i < from->n; i++)
		if (only == NULL || has(only, from->items[i]))
			out->approvers[out->n_approvers++] = from->items[i];
	return 0;
}

/* No list means everybody in the keyring, so that a list of names in it is
 * stricter than none. Of two lists those in both. A list that has too few for
 * as many approvals as are wanted does not count: fewer would be wanted then.
 */
static int
hold_approvers(struct gv_policy_approval *out, struct gv_policy_hold *h,
    const struct gv_policy_approval *accepted,
    const struct gv_policy_approval *present, const char *key)
{
	const struct names was = { accepted->approvers, accepted->n_approvers };
	const struct names now = { present->approvers, present->n_approvers };
	size_t common = count_common(&now, &was);

	if (was.n == 0 && (now.n == 0 || now.n >= out->wanted))
		return copy_names(out, &now, NULL);
	if (now.n == 0 || common != now.n || common < out->wanted)
		gv_policy_hold_wait(h, key);
	if (common && common >= out->wanted)
		return copy_names(out, &was, &now);
	return copy_names(out, &was, NULL);
}

/* More approvals than there are approvers could never be had. */
int
gv_policy_hold_approval(struct gv_policy_approval *out,
    struct gv_policy_hold *h, const struct gv_policy_approval *accepted,
    const struct gv_policy_approval *present, const char *key)
{
	int r;

	*out = *accepted;
	out->is_counted = true;
	if (present->wanted > out->wanted)
		out->wanted = present->wanted;
	if (present->lasts < out->lasts)
		out->lasts = present->lasts;
	if ((r = hold_approvers(out, h, accepted, present, key)) == 0 &&
	    out->n_approvers && out->wanted > out->n_approvers)
		out->wanted = (unsigned)out->n_approvers;
	if (out->wanted != present->wanted || out->lasts != present->lasts)
		gv_policy_hold_wait(h, key);
	return r;
}

/* Bring *of to what counts of it. */
static int
hold_common(struct gv_policy_approval *of, struct gv_policy_hold *h,
    const struct gv_policy_approval *accepted,
    const struct gv_policy_approval *present, const char *key)
{
	struct gv_policy_approval out;
	int r = gv_policy_hold_approval(&out, h, accepted, present, key);

	if (r < 0) {
		free(out.approvers);
		return r;
	}
	out.env = NULL;
	free(of->approvers);
	*of = out;
	return 0;
}

int
gv_policy_hold_rollback(struct gv_policy_hold *h)
{
	/* of an environment that has no name of its own */
	struct gv_policy_approval accepted = gv_policy_approval_of(h->out, "");
	struct gv_policy_approval present =
	    gv_policy_approval_of(h->present, "");
	static const char *const keys[GV_POLICY_REMOVALS] = { "delete.",
		"prune." };
	int i,
	    r = hold_common(
		&h->out->rollbacks, h, &accepted, &present, "rollback.");

	for (i = 0; r == 0 && i < GV_POLICY_REMOVALS; i++) {
		const enum gv_policy_removal to = (enum gv_policy_removal)i;

		accepted = gv_policy_approval_to(h->out, to);
		present = gv_policy_approval_to(h->present, to);
		r = hold_common(
		    &h->out->removals[i], h, &accepted, &present, keys[i]);
	}
	return r;
}
