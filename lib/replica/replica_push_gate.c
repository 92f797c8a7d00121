#include <string.h>

#include "base/err.h"
#include "gate/outgoing.h"
#include "key/idkey.h"
#include "replica/replica_push.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 * A copy leaves this machine as a push does, so it asks the same gate, unless
 * it is encrypted for the readers of the keyring. What the store or a remote
 * has is out already. A ref that is kept back stays as the store has it.
 */

#define MOST 20 /* findings that are named; the others come next time */

static struct gv_outgoing_ref
as_outgoing(const struct gv_replica_ref *ref)
{
	return (struct gv_outgoing_ref){ .name = ref->name,
		.is = ref->id,
		.is_ours = strncmp(ref->name, GV_REFS_VAULT,
			       strlen(GV_REFS_VAULT)) == 0 };
}

static bool
has_moved(
    const struct gv_replica_manifest *before, const struct gv_replica_ref *ref)
{
	const struct gv_replica_ref *was =
	    gv_replica_manifest_ref(before, ref->name);

	return was == NULL || !gv_oid_equal(&was->id, &ref->id);
}

static int
gather(struct gv_outgoing *out, struct gv_replica_push *push)
{
	struct gv_repo *repo = push->rep->repo;
	struct gv_outgoing_ref ref;
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < push->after.n_refs; i++) {
		ref = as_outgoing(&push->after.refs[i]);
		if (has_moved(&push->before, &push->after.refs[i]))
			r = gv_outgoing_add_ref(out, repo, &ref);
	}
	if (r < 0 || gv_outgoing_is_empty(out))
		return r;
	for (i = 0; i < push->before.n_refs; i++)
		gv_outgoing_exclude(out, &push->before.refs[i].id);
	r = gv_ref_list(&refs, repo, "refs/remotes/");
	for (i = 0; r == 0 && i < refs.n; i++)
		gv_outgoing_exclude(out, &refs.refs[i].oid);
	gv_refs_release(&refs);
	return r;
}

/* A line for each finding, once, and its fingerprint. */
static int
tell(struct gv_replica_pushed *out, size_t *told,
    const struct gv_outgoing_gate *gate)
{
	struct gv_buf line = GV_BUF_INIT;
	char id[GV_IDKEY_TEXT + 1];
	bool has_print;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && *told < MOST && i < gate->sweep->n; i++) {
		const struct gv_finding *f = &gate->sweep->findings[i];

		if (!gv_finding_counts(f, GV_FINDING_LIKELY))
			continue;
		gv_buf_truncate(&line, 0);
		has_print = gv_outgoing_describe(&line, gate, f);
		gv_buf_addch(&line, '\n');
		r = gv_buf_check(&line);
		if (r < 0 || (out->found.len && strstr(out->found.p, line.p)))
			continue;
		++*told;
		gv_buf_add(&out->found, line.p, line.len);
		if (has_print) {
			gv_idkey_format(id, gate->sweep->key, &f->fingerprint);
			gv_buf_addf(&out->allow, " --allow %s", id);
		}
	}
	gv_buf_release(&line);
	if (r < 0 || (r = gv_buf_check(&out->found)) < 0)
		return r;
	return gv_buf_check(&out->allow);
}

/* Whether the ref stays in the manifest, as the store has it. */
static bool
keep_back(struct gv_replica_push *push, struct gv_replica_ref *ref)
{
	const struct gv_replica_ref *was =
	    gv_replica_manifest_ref(&push->before, ref->name);

	push->out->n_kept_back++;
	if (was)
		ref->id = was->id;
	return was != NULL;
}

/* How many refs this look keeps back; or a failure. */
static int
look(struct gv_replica_push *push, size_t *told)
{
	struct gv_replica_manifest *m = &push->after;
	struct gv_outgoing what = GV_OUTGOING_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	const size_t before = push->out->n_kept_back;
	struct gv_outgoing_ref ref;
	size_t i, n = 0;
	int r;

	if ((r = gather(&what, push)) < 0 ||
	    (r = gv_outgoing_look(
		 &gate, push->rep->repo, &what, push->rep->now)) < 0)
		goto out;
	if (gate.n == 0 || (r = tell(push->out, told, &gate)) < 0)
		goto out;
	for (i = 0; i < m->n_refs; i++) {
		ref = as_outgoing(&m->refs[i]);
		if (!has_moved(&push->before, &m->refs[i]) ||
		    gv_outgoing_blame(&gate, &what, &ref) == NULL ||
		    keep_back(push, &m->refs[i]))
			m->refs[n++] = m->refs[i];
	}
	m->n_refs = n;
	/* nothing that is not understood goes unsearched */
	if (push->out->n_kept_back == before)
		r = gv_err(GV_EREFUSED,
		    "the push has a possible secret in %s, but no ref leads to "
		    "it",
		    gate.sweep->findings[0].path);
out:
	gv_outgoing_gate_release(&gate);
	gv_outgoing_release(&what);
	return r < 0 ? r : push->out->n_kept_back > before;
}

int
gv_replica_push_gate(struct gv_replica_push *push)
{
	size_t told = 0;
	int r;

	if (push->rep->is_encrypted)
		return 0;
	do
		r = look(push, &told);
	while (r > 0);
	return r;
}
