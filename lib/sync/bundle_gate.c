#include <string.h>

#include "base/err.h"
#include "gate/outgoing.h"
#include "key/idkey.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/bundle_internal.h"

/*
 * A bundle leaves this machine as a push does, so it asks the same gate. What a
 * remote or the basis has is out already. A ref that is kept back is as the
 * basis has it, or is not in the bundle: the next export brings it.
 */

#define TRACKING "refs/remotes/"
#define MOST     20 /* findings that are named; the others come next time */

static struct gv_outgoing_ref
as_outgoing(const struct gv_bundle_ref *ref)
{
	return (struct gv_outgoing_ref){ .name = ref->name,
		.is = ref->id,
		.is_ours = !gv_bundle_manifest_is_branch(ref->name) };
}

static int
gather(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_bundle_manifest *m, const struct gv_bundle_manifest *basis)
{
	struct gv_outgoing_ref ref;
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->n_refs; i++) {
		ref = as_outgoing(&m->refs[i]);
		if (m->refs[i].is_in)
			r = gv_outgoing_add_ref(out, repo, &ref);
	}
	if (r < 0 || gv_outgoing_is_empty(out))
		return r;
	for (i = 0; basis && i < basis->n_refs; i++)
		gv_outgoing_exclude(out, &basis->refs[i].id);
	r = gv_ref_list(&refs, repo, TRACKING);
	for (i = 0; r == 0 && i < refs.n; i++)
		gv_outgoing_exclude(out, &refs.refs[i].oid);
	gv_refs_release(&refs);
	return r;
}

/* A line for each finding, once, and its fingerprint. */
static int
tell(struct gv_bundle_written *out, const struct gv_outgoing_gate *gate)
{
	struct gv_buf line = GV_BUF_INIT;
	char id[GV_IDKEY_TEXT + 1];
	size_t i;
	bool has_print;
	int r = 0;

	for (i = 0; r == 0 && i < gate->sweep->n; i++) {
		const struct gv_finding *f = &gate->sweep->findings[i];

		if (!gv_finding_counts(f, GV_FINDING_LIKELY))
			continue;
		gv_buf_truncate(&line, 0);
		has_print = gv_outgoing_describe(&line, gate, f);
		gv_buf_addch(&line, '\n');
		r = gv_buf_check(&line);
		if (r < 0 || out->n_found >= MOST ||
		    (out->found.len && strstr(out->found.p, line.p)))
			continue;
		out->n_found++;
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

/* 1 where the ref is in the manifest all the same, as the basis has it. */
static int
keep_back(struct gv_bundle_written *out, struct gv_bundle_ref *ref,
    const struct gv_bundle_manifest *basis)
{
	const struct gv_bundle_ref *had =
	    basis ? gv_bundle_manifest_find(basis, ref->name) : NULL;

	out->n_kept_back++;
	out->manifest.snapshots -= strncmp(ref->name, GV_REFS_SNAPSHOTS,
				       strlen(GV_REFS_SNAPSHOTS)) == 0;
	if (had == NULL)
		return 0;
	ref->id = had->id;
	ref->is_in = false;
	return 1;
}

/* How many refs this look keeps back; or a failure. */
static int
look(struct gv_bundle_written *out, struct gv_repo *repo,
    const struct gv_bundle_manifest *basis, int64_t now)
{
	struct gv_bundle_manifest *m = &out->manifest;
	struct gv_outgoing what = GV_OUTGOING_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	const size_t before = out->n_kept_back;
	struct gv_outgoing_ref ref;
	size_t i, n = 0;
	int r;

	if ((r = gather(&what, repo, m, basis)) < 0 ||
	    (r = gv_outgoing_look(&gate, repo, &what, now)) < 0)
		goto out;
	if (gate.n && (r = tell(out, &gate)) < 0)
		goto out;
	for (i = 0; gate.n && i < m->n_refs; i++) {
		ref = as_outgoing(&m->refs[i]);
		if (!m->refs[i].is_in ||
		    gv_outgoing_blame(&gate, &what, &ref) == NULL ||
		    keep_back(out, &m->refs[i], basis))
			m->refs[n++] = m->refs[i];
	}
	/* nothing that is not understood goes unsearched */
	if (gate.n && out->n_kept_back == before) {
		r = gv_err(GV_EREFUSED,
		    "the export has a possible secret in %s, but no ref leads "
		    "to it",
		    gate.sweep->findings[0].path);
		goto out;
	}
	if (gate.n)
		m->n_refs = n;
out:
	gv_outgoing_gate_release(&gate);
	gv_outgoing_release(&what);
	return r < 0 ? r : (int)(out->n_kept_back > before);
}

int
gv_bundle_gate(struct gv_bundle_written *out, struct gv_repo *repo,
    const struct gv_bundle_manifest *basis, int64_t now)
{
	int r;

	do
		r = look(out, repo, basis, now);
	while (r > 0);
	return r;
}
