#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "base/vec.h"
#include "doctor/doctor_internal.h"
#include "object/link.h"
#include "object/repo_odb.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "vault/ancestry.h"

/*
 * States of which this clone and a remote have versions that do not follow each
 * other. What the remote has is what the last fetch or sync saw. Sync never
 * decides which is the newest, and neither does this.
 */

/* So many versions back the newest of a remote is looked for without git: what
 * is only unsent is found at once. */
#define NEAR 64

struct step {
	struct gv_oid to;
	bool any;
};

static int
take_first(void *to, const struct gv_oid *parent)
{
	struct step *s = to;

	s->to = *parent;
	s->any = true;
	return 1;
}

/* Whether `from` goes on from `to`, within NEAR steps. */
static bool
is_near(struct gv_odb *odb, const struct gv_oid *from, const struct gv_oid *to)
{
	struct step s = { *from, true };
	int i;

	for (i = 0; i < NEAR && s.any; i++) {
		if (gv_oid_equal(&s.to, to))
			return true;
		s.any = false;
		if (gv_link_parents(&s, odb, &s.to, take_first) < 0)
			return false;
	}
	return false;
}

/* 1 if neither goes on from the other. What cannot be read is reported by other
 * checks, and in a shallow clone nobody can tell. */
static int
is_conflict(
    struct gv_doctor *d, const struct gv_oid *ours, const struct gv_oid *theirs)
{
	struct gv_oid base;
	struct gv_odb *odb;
	int r = gv_repo_odb(d->repo, &odb);

	if (r < 0 || is_near(odb, ours, theirs) || is_near(odb, theirs, ours))
		return r;
	r = gv_ancestry_base(&base, ours, theirs);
	if (r < 0)
		return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
	if (gv_oid_equal(&base, ours) || gv_oid_equal(&base, theirs))
		return 0;
	return !(d->repo->shallow && gv_oid_is_zero(&base));
}

static int
keep(struct gv_doctor_report *out, const char *state, const char *remote)
{
	struct gv_doctor_conflict *c;
	int r = GV_GROW(out->conflicts, out->n_conflicts, out->cap_conflicts);

	if (r < 0)
		return r;
	c = &out->conflicts[out->n_conflicts++];
	c->state = strdup(state);
	c->remote = strdup(remote);
	return c->state && c->remote ? 0 : gv_err_nomem();
}

static int
add(struct gv_doctor *d, const char *state, const char *remote)
{
	struct gv_buf cmd = GV_BUF_INIT, sync = GV_BUF_INIT;
	int r = keep(d->report, state, remote);

	gv_buf_addstr(&sync, "git vault sync");
	gv_shell_word(&sync, remote);
	gv_buf_addstr(&cmd, "git vault sync --remote");
	gv_shell_word(&cmd, remote);
	if (r == 0 && (r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_ERROR, "state_conflict", sync.p,
		    "the state %s is in conflict: this clone and %s have saved "
		    "versions that do not follow each other, so %s does not "
		    "get yours; sync shows both; choose the newest, and all "
		    "versions stay: %s --resolve ours %s (or --resolve theirs)",
		    state, remote, remote, cmd.p, state);
	gv_buf_release(&cmd);
	gv_buf_release(&sync);
	return r;
}

/* `state` is in the remote's name for the ref. */
static int
compare(struct gv_doctor *d, const struct gv_refs *states, const char *state,
    const struct gv_oid *theirs, const char *remote)
{
	struct gv_buf name = GV_BUF_INIT;
	const struct gv_ref *own = NULL;
	int r;

	gv_buf_addf(&name, GV_REFS_STATES "%s", state);
	if ((r = gv_buf_check(&name)) == 0)
		own = gv_refs_find(states, name.p);
	if (own && !gv_oid_equal(&own->oid, theirs))
		r = is_conflict(d, &own->oid, theirs);
	gv_buf_release(&name);
	return r > 0 ? add(d, state, remote) : r;
}

static int
check_remote(struct gv_doctor *d, const struct gv_refs *states,
    const struct gv_remote *remote)
{
	struct gv_buf prefix = GV_BUF_INIT, name = GV_BUF_INIT;
	struct gv_refs theirs = { 0 };
	size_t i;
	int r;

	gv_buf_add(&name, remote->name, remote->len);
	gv_buf_addf(&prefix, GV_REFS_REMOTES "%.*s/state/", (int)remote->len,
	    remote->name);
	if ((r = gv_buf_check(&prefix)) == 0 && (r = gv_buf_check(&name)) == 0)
		r = gv_ref_list(&theirs, d->repo, prefix.p);
	for (i = 0; r == 0 && i < theirs.n; i++)
		r = compare(d, states, theirs.refs[i].name + prefix.len,
		    &theirs.refs[i].oid, name.p);
	gv_refs_release(&theirs);
	gv_buf_release(&prefix);
	gv_buf_release(&name);
	return r;
}

int
gv_doctor_conflicts(struct gv_doctor *d)
{
	struct gv_refs states = { 0 };
	struct gv_remote remote;
	size_t at = 0;
	int r = gv_ref_list(&states, d->repo, GV_REFS_STATES);

	while (r == 0 && states.n &&
	    gv_remote_next(&remote, &at, &d->repo->config))
		r = check_remote(d, &states, &remote);
	gv_refs_release(&states);
	return r;
}
