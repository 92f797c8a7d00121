#include <string.h>

#include "base/err.h"
#include "gate/outgoing.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"

/*
 * What must not leave is not pushed, all else is. Each round looks at what is
 * left: a commit that is held back may have hidden another one that brings the
 * same file. What was looked at is known by then, so a round costs little.
 */

static bool
goes(const struct gv_sync *s, const struct gv_sync_ref *ref)
{
	return !gv_oid_is_zero(&ref->ours) &&
	    (s->is_elsewhere || !gv_oid_equal(&ref->ours, &ref->theirs)) &&
	    !gv_sync_set_has(&s->gone, ref->name) &&
	    !gv_sync_set_has(&s->held, ref->name) &&
	    !gv_sync_set_has(&s->refused, ref->name);
}

static struct gv_outgoing_ref
as_outgoing(const struct gv_sync *s, const struct gv_sync_ref *ref)
{
	struct gv_outgoing_ref out = {
		.name = ref->name, .is = ref->ours, .is_ours = true
	};

	/* elsewhere nobody has seen what is there */
	if (!s->is_elsewhere)
		out.was = ref->theirs;
	return out;
}

static int
gather(struct gv_outgoing *out, const struct gv_sync *s)
{
	struct gv_outgoing_to to = { .remote = s->remote };
	struct gv_buf url = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		struct gv_outgoing_ref ref = as_outgoing(s, &s->refs.refs[i]);

		if (goes(s, &s->refs.refs[i]))
			r = gv_outgoing_add_ref(out, s->repo, &ref);
	}
	if (r < 0 || gv_outgoing_is_empty(out))
		return r;
	/* what it has of other refs leads to the same commits */
	for (i = 0; !s->is_elsewhere && i < s->refs.n; i++)
		if (!gv_oid_is_zero(&s->refs.refs[i].theirs))
			gv_outgoing_exclude(out, &s->refs.refs[i].theirs);
	r = gv_remote_address(&url, &s->repo->config, s->remote, true);
	to.url = r > 0 ? url.p : NULL;
	if (r >= 0)
		r = gv_outgoing_add_known(out, s->repo, &to);
	gv_buf_release(&url);
	return r;
}

static int
keep_back(struct gv_sync *s, const struct gv_outgoing_gate *gate,
    const struct gv_sync_ref *ref, const struct gv_finding *f)
{
	struct gv_buf why = GV_BUF_INIT;
	char id[GV_IDKEY_TEXT + 1], *text;
	int r;

	gv_buf_addstr(&why, "not pushed: ");
	if (gv_outgoing_describe(&why, gate, f)) {
		gv_idkey_format(id, gate->sweep->key, &f->fingerprint);
		gv_buf_addf(&why,
		    "; if it is no secret: git vault sync --allow %s %s", id,
		    s->remote);
	}
	r = gv_buf_check(&why);
	text = r == 0 ? gv_buf_take(&why) : NULL;
	gv_buf_release(&why);
	if (text == NULL)
		return GV_ENOMEM;
	r = gv_sync_note(s, GV_SYNC_REFUSED, ref, text);
	s->report->n_kept_back++;
	return r < 0 ? r : gv_sync_set_add(s, &s->refused, ref->name);
}

/* How many refs are held back by this look; or a failure. */
static int
look(struct gv_sync *s)
{
	struct gv_outgoing out = GV_OUTGOING_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	size_t i, n = 0;
	int r = gather(&out, s);

	if (r == 0)
		r = gv_outgoing_look(&gate, s->repo, &out, s->opts->safe.now);
	for (i = 0; r == 0 && gate.n && i < s->refs.n; i++) {
		struct gv_outgoing_ref ref = as_outgoing(s, &s->refs.refs[i]);
		const struct gv_finding *f = goes(s, &s->refs.refs[i])
		    ? gv_outgoing_blame(&gate, &out, &ref)
		    : NULL;

		if (f) {
			r = keep_back(s, &gate, &s->refs.refs[i], f);
			n++;
		}
	}
	/* nothing that is not understood goes unsearched */
	if (r == 0 && gate.n && n == 0)
		r = gv_err(GV_EREFUSED,
		    "the push has a possible secret in %s, but no ref leads to "
		    "it",
		    gate.sweep->findings[0].path);
	gv_outgoing_gate_release(&gate);
	gv_outgoing_release(&out);
	return r < 0 ? r : (int)(n > 0);
}

int
gv_sync_gate(struct gv_sync *s)
{
	int r;

	do
		r = look(s);
	while (r > 0);
	return r < 0 ? gv_err_in(r, "nothing is pushed to '%s'", s->remote) : 0;
}
