#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "gate/outgoing.h"
#include "policy/team.h"
#include "remote/remote.h"
#include "repo/config.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "snapshot/origin.h"
#include "snapshot/snapshot_internal.h"
#include "sys/clock.h"
#include "sys/proc.h"

/*
 * A branch or a stash with a secret must not leave, so a snapshot that had it
 * as a parent would never be pushed. Such a one is left out of the parents;
 * what no remote has of it is sealed as a pack, and the commits that it stands
 * on become parents in its place. Where there is neither a remote nor a target
 * that takes commits in clear nothing leaves, and nobody looks. What was looked
 * at is known by its facts the next time.
 */

#define TRACKING "refs/remotes/"
#define TARGET   "vault.target." /* NAME.url, as replicate add sets it */
#define URL      ".url"
#define MAX_EDGE 16 /* parents in place of those that are left out */

static const char *const revisions[] = { "git", "rev-list", "--boundary",
	"--ignore-missing", "--stdin", NULL };
static const char *const pack[] = { "git", "pack-objects", "--revs", "--stdout",
	"-q", NULL };

static void
add(struct gv_buf *out, const char *sign, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s%s\n", sign, hex);
}

static int
add_oid(struct gv_oid **list, size_t *n, size_t *cap, const struct gv_oid *oid)
{
	int r = gv_vec_grow((void **)list, cap, *n + 1, sizeof(**list));

	if (r == 0)
		(*list)[(*n)++] = *oid;
	return r;
}

static void
add_remotes(struct gv_buf *out, const struct gv_refs *refs)
{
	size_t i;

	for (i = 0; i < refs->n; i++)
		if (strncmp(refs->refs[i].name, TRACKING, strlen(TRACKING)) ==
		    0)
			add(out, "^", &refs->refs[i].oid);
}

/* HEAD, and what else would be lost with this clone. */
static int
find_parents(struct gv_snapshot_run *run)
{
	struct gv_snapshot_held *h = &run->held;
	struct gv_oid *tips = NULL;
	size_t n = 0, i;
	int r = 0;

	if (!gv_oid_is_zero(&run->repo->head))
		r = add_oid(&h->parents, &h->n, &h->cap, &run->repo->head);
	if (r == 0)
		r = gv_origin_unpushed(&tips, &n, run->repo, &run->survey.refs);
	for (i = 0; r == 0 && i < n; i++)
		r = add_oid(&h->parents, &h->n, &h->cap, &tips[i]);
	free(tips);
	return r;
}

static int
tell(struct gv_snapshot_run *run, const struct gv_outgoing_gate *gate,
    const struct gv_finding *f)
{
	struct gv_buf text = GV_BUF_INIT;
	char *more;

	if (run->out->held)
		gv_buf_addf(&text, "%s\n", run->out->held);
	(void)gv_outgoing_describe(&text, gate, f);
	more = gv_buf_check(&text) == 0 ? gv_buf_take(&text) : NULL;
	gv_buf_release(&text);
	if (more == NULL)
		return GV_ENOMEM;
	free(run->out->held);
	run->out->held = more;
	return 0;
}

static struct gv_outgoing_ref
as_ref(const struct gv_oid *parent)
{
	return (struct gv_outgoing_ref){ .name = "HEAD", .is = *parent };
}

/* Leave out what this look finds: how many; or a failure. */
static int
look(struct gv_snapshot_run *run)
{
	struct gv_snapshot_held *h = &run->held;
	struct gv_outgoing out = GV_OUTGOING_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	struct gv_outgoing_ref ref;
	const struct gv_finding *f;
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < h->n; i++) {
		ref = as_ref(&h->parents[i]);
		r = gv_outgoing_add_ref(&out, run->repo, &ref);
	}
	add_remotes(&out.revisions, &run->survey.refs);
	if (r == 0)
		r = gv_outgoing_look(
		    &gate, run->repo, &out, gv_clock_now().tv_sec);
	for (i = 0; r == 0 && gate.n && i < h->n; i++) {
		ref = as_ref(&h->parents[i]);
		f = gv_outgoing_blame(&gate, &out, &ref);
		if (f == NULL) {
			h->parents[n++] = h->parents[i];
			continue;
		}
		h->has_head |=
		    i == 0 && gv_oid_equal(&h->parents[i], &run->repo->head);
		if ((r = add_oid(
			 &h->out, &h->n_out, &h->cap_out, &h->parents[i])) == 0)
			r = tell(run, &gate, f);
	}
	if (r == 0 && gate.n) {
		r = n < h->n;
		h->n = n;
	}
	gv_outgoing_gate_release(&gate);
	gv_outgoing_release(&out);
	return r;
}

/* What is left out, and not reached by what stays or a remote has. */
static int
write_revisions(struct gv_buf *out, const struct gv_snapshot_run *run)
{
	const struct gv_snapshot_held *h = &run->held;
	size_t i;

	for (i = 0; i < h->n_out; i++)
		add(out, "", &h->out[i]);
	for (i = 0; i < h->n; i++)
		add(out, "^", &h->parents[i]);
	add_remotes(out, &run->survey.refs);
	return gv_buf_check(out);
}

/* The commits that they stand on come in their place. */
static int
add_edge(struct gv_snapshot_run *run, const struct gv_buf *in)
{
	struct gv_snapshot_held *h = &run->held;
	struct gv_proc git = GV_PROC_INIT;
	struct gv_oid oid;
	size_t i, most = h->n + MAX_EDGE;
	char *p, *nl;
	int r = gv_proc_run(&git,
	    &(struct gv_proc_opts){
		.argv = revisions, .in = in->p, .in_len = in->len });

	if (r == 0 && git.status)
		r = gv_err(GV_ERROR, "git rev-list: %s", gv_proc_why(&git));
	for (p = git.out.p; r == 0 && (nl = strchr(p, '\n')); p = nl + 1) {
		if (*p != '-' || gv_oid_parse(&oid, p + 1) < 0)
			continue;
		for (i = 0; i < h->n && !gv_oid_equal(&h->parents[i], &oid);)
			i++;
		if (i == h->n && h->n < most)
			r = add_oid(&h->parents, &h->n, &h->cap, &oid);
	}
	gv_proc_release(&git);
	return r;
}

bool
gv_snapshot_has_target(const struct gv_repo *repo)
{
	const struct gv_config *config = &repo->config;
	const size_t front = strlen(TARGET), end = strlen(URL);
	struct gv_buf key = GV_BUF_INIT;
	bool is = false;
	size_t i, n;

	for (i = 0; !is && i < config->n; i++) {
		n = strlen(config->entries[i].key);
		if (n <= front + end ||
		    strncmp(config->entries[i].key, TARGET, front) != 0 ||
		    strcmp(config->entries[i].key + n - end, URL) != 0)
			continue;
		gv_buf_reset(&key);
		gv_buf_addf(&key, "%.*s.encrypt", (int)(n - end),
		    config->entries[i].key);
		/* without memory we look, which is never wrong */
		is = gv_buf_check(&key) < 0 ||
		    !gv_config_bool(config, key.p, false);
	}
	gv_buf_release(&key);
	return is;
}

/* Whether one of the policy does; 1, 0, GV_ENOMEM. */
static int
has_team_target(struct gv_repo *repo)
{
	struct gv_policy policy;
	size_t i;
	bool is = false;
	int r = gv_team_load(&policy, repo);

	for (i = 0; r == 0 && i < policy.targets.n; i++)
		is |= !policy.targets.items[i].encrypts;
	gv_policy_release(&policy);
	return r == GV_ENOMEM ? r : is;
}

/* Whether commits leave this host in clear: 1, 0, GV_ENOMEM. */
static int
leave(struct gv_repo *repo)
{
	struct gv_remote remote;
	size_t at = 0;

	return gv_remote_next(&remote, &at, &repo->config) ||
		gv_snapshot_has_target(repo)
	    ? 1
	    : has_team_target(repo);
}

int
gv_snapshot_hold(struct gv_snapshot_run *run)
{
	struct gv_buf in = GV_BUF_INIT;
	int r = find_parents(run);

	if (r < 0 || run->opts->no_scan || (r = leave(run->repo)) <= 0)
		return r;
	do
		r = look(run);
	while (r > 0 && run->held.n);
	if (r < 0 || run->held.n_out == 0)
		return r < 0 ? r : 0;
	if ((r = write_revisions(&in, run)) == 0)
		r = add_edge(run, &in);
	gv_buf_release(&in);
	return r;
}

struct source {
	const char *p;
	size_t left;
};

static int64_t
read_source(void *ctx, void *data, size_t len)
{
	struct source *s = ctx;

	len = len < s->left ? len : s->left;
	memcpy(data, s->p, len);
	s->p += len;
	s->left -= len;
	return (int64_t)len;
}

int
gv_snapshot_seal_held(
    struct gv_snapshot_run *run, struct gv_withhold_worker *worker)
{
	struct gv_buf in = GV_BUF_INIT;
	struct gv_proc git = GV_PROC_INIT;
	struct source source;
	int r = write_revisions(&in, run);

	if (r < 0)
		goto out;
	r = gv_proc_run(&git,
	    &(struct gv_proc_opts){
		.argv = pack, .in = in.p, .in_len = in.len });
	if (r < 0)
		goto out;
	if (git.status) {
		r = gv_err(GV_ERROR,
		    "cannot pack the commits that must not leave: git "
		    "pack-objects: %s",
		    gv_proc_why(&git));
		goto out;
	}
	source = (struct source){ git.out.p, git.out.len };
	r = gv_withhold_stream(worker, GV_SNAPSHOT_HELD, read_source, &source);
out:
	if (git.out.len)
		explicit_bzero(git.out.p, git.out.len);
	gv_proc_release(&git);
	gv_buf_release(&in);
	return r;
}
