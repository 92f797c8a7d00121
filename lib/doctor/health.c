#include "doctor/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "verify/verified.h"

/* What was taken today may be on its way. */
#define A_DAY 86400
#define APART 600 /* what clocks may differ by, in seconds */

struct look {
	struct gv_health *h;
	struct gv_repo *repo;
	const struct gv_health_opts *opts;
};

__attribute__((format(printf, 4, 5))) static int
add(struct look *l, const char *kind, const char *command, const char *fmt, ...)
{
	struct gv_health *h = l->h;
	struct gv_health_finding f = { .kind = kind };
	struct gv_buf text = GV_BUF_INIT;
	va_list ap;
	int r = gv_vec_grow(
	    (void **)&h->findings, &h->cap, h->n + 1, sizeof(*h->findings));

	if (r < 0)
		return r;
	va_start(ap, fmt);
	gv_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	r = gv_buf_check(&text);
	if (r == 0 && command && (f.command = strdup(command)) == NULL)
		r = gv_err_nomem();
	f.text = r == 0 ? gv_buf_take(&text) : NULL;
	gv_buf_release(&text);
	if (r == 0)
		h->findings[h->n++] = f;
	return r;
}

/* ---- the snapshots ------------------------------------------------------ */

const char *
gv_health_id(const struct gv_health *health, size_t i)
{
	return health->refs.refs.refs[i].name + strlen(GV_REFS_SNAPSHOTS);
}

int64_t
gv_health_time(const struct gv_health *health, size_t i)
{
	int64_t t = 0;

	return gv_time_parse_compact(&t, gv_health_id(health, i)) == 0 ? t : 0;
}

static int
look_at_age(struct look *l)
{
	const size_t n = l->h->refs.refs.n;
	const int64_t now = l->opts->now;
	char text[GV_TIME_MAX];
	int64_t newest;

	if (n == 0)
		return add(l, "no_snapshot", "git vault snapshot",
		    "there is no snapshot");
	newest = gv_health_time(l->h, n - 1);
	gv_time_rfc3339(text, newest);
	/* which would never grow old */
	if (newest > now + APART)
		return add(l, "clock_behind", "date -u",
		    "the newest snapshot is of %s, which is to come: this "
		    "clock is behind, or that of its host was ahead, and how "
		    "old the snapshots are is not known",
		    text);
	if (now - newest <= l->opts->max_age)
		return 0;
	gv_time_relative(text, newest, now);
	return add(l, "snapshot_old", "git vault snapshot",
	    "the newest snapshot was taken %s", text);
}

/* What a ref of ours named whose file says nothing: git passes over it. */
static int
look_at_broken(struct look *l)
{
	struct gv_buf names = GV_BUF_INIT;
	char *line, *end;
	int r = gv_ref_broken(&names, l->repo, GV_REFS_VAULT);

	for (line = names.p; r == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		r = add(l, "damaged", "git vault doctor",
		    "the file of the ref %s says nothing", line);
	}
	gv_buf_release(&names);
	return r;
}

/* Marks and tombstones, which count as none then. */
static int
look_at_damage(struct look *l)
{
	const char *line = l->h->refs.damaged.p;
	size_t n;
	int r = 0;

	for (; r == 0 && *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		r = add(l, "damaged", "git vault repair", "%.*s", (int)n, line);
	}
	return r < 0 ? r : look_at_broken(l);
}

/* Where there is none from before that, there was no time for it yet. */
static int
look_at_verified(struct look *l)
{
	struct gv_health *h = l->h;
	const int64_t from = l->opts->now - l->opts->verified_within;
	struct gv_verified verified = { 0 };
	char age[GV_TIME_MAX];
	int64_t time;
	size_t i;
	int r = gv_verified_load(&verified, l->repo, l->opts->now);

	for (i = 0; r == 0 && i < h->refs.refs.n; i++) {
		time = gv_verified_get(
		    &verified, gv_health_id(h, i), &h->refs.refs.refs[i].oid);
		h->n_verified += time != 0;
		h->verified = time > h->verified ? time : h->verified;
	}
	gv_verified_release(&verified);
	if (r < 0 || h->refs.refs.n == 0 || h->verified >= from ||
	    gv_health_time(h, 0) >= from)
		return r;
	gv_time_relative(age, h->verified, l->opts->now);
	return add(l, "verified_long_ago", "git vault verify --all",
	    h->verified ? "a snapshot was last verified %s"
			: "no snapshot was ever verified here",
	    age);
}

/* ---- where they are ----------------------------------------------------- */

bool
gv_health_has(const struct gv_health *health,
    const struct gv_health_remote *remote, size_t i)
{
	return gv_whereabouts_has(remote->where, gv_health_id(health, i),
	    &health->refs.refs.refs[i].oid);
}

/* One that is damaged says nothing, which doctor tells. */
static int
take_receipt(struct gv_health *h, struct gv_health_remote *to)
{
	struct gv_whereabouts_word word;
	int r =
	    gv_whereabouts_ask(&word, to->where, gv_health_id(h, to->newest));

	if (r == 0 && word.has_receipt &&
	    gv_oid_equal(
		&word.receipt.commit, &h->refs.refs.refs[to->newest].oid)) {
		to->received = word.receipt.time;
		to->trust = word.trust;
	}
	gv_receipt_release(&word.receipt);
	return r == GV_ECORRUPT ? 0 : r;
}

static int
look_at_remote(struct gv_health *h, struct gv_whereabouts_remote *where)
{
	struct gv_health_remote *to = &h->remotes[h->n_remotes++];
	size_t i;

	to->where = where;
	for (i = 0; i < h->refs.refs.n; i++)
		if (gv_health_has(h, to, i)) {
			to->n++;
			to->newest = i;
		}
	return to->n ? take_receipt(h, to) : 0;
}

/* A signer that is none is doctor's to tell: without receipts then. */
static int
load_remotes(struct look *l)
{
	struct gv_whereabouts *where = &l->h->where;
	int r = gv_whereabouts_load(where, l->repo, GV_WHEREABOUTS_RECEIPTS);

	if (r != GV_EREFUSED && r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	gv_whereabouts_release(where);
	return gv_whereabouts_load(where, l->repo, 0);
}

static int
tell_unsent(struct look *l)
{
	struct gv_health *h = l->h;
	const size_t n = h->refs.refs.n;
	const struct gv_whereabouts_remote *unknown =
	    gv_whereabouts_unknown(&h->where);
	struct gv_buf cmd = GV_BUF_INIT;
	char age[GV_TIME_MAX];
	int64_t first;
	int r;

	if (h->unsent == n)
		return 0;
	if (h->n_remotes == 0)
		return add(l, "no_remote", NULL,
		    "no remote has the vault, so the snapshots are lost with "
		    "this disk; 'git remote add' names one, and 'git vault "
		    "sync' brings them there");
	first = gv_health_time(h, h->unsent);
	if (l->opts->now - first <= A_DAY)
		return 0;
	gv_time_relative(age, first, l->opts->now);
	gv_buf_addf(&cmd, "git vault sync %s",
	    unknown ? unknown->name : h->remotes[0].where->name);
	r = gv_buf_check(&cmd);
	if (r == 0 && unknown)
		r = add(l, "snapshots_unsent", cmd.p,
		    "what %s has is not known here, as before a first sync, so "
		    "no remote may have the newest %zu of %zu snapshot%s; the "
		    "first of these was taken %s",
		    unknown->name, n - h->unsent, n, n == 1 ? "" : "s", age);
	else if (r == 0)
		r = add(l, "snapshots_unsent", cmd.p,
		    "no remote has the newest %zu of %zu snapshot%s; the first "
		    "of these was taken %s",
		    n - h->unsent, n, n == 1 ? "" : "s", age);
	gv_buf_release(&cmd);
	return r;
}

static int
look_at_remotes(struct look *l)
{
	struct gv_health *h = l->h;
	size_t i;
	int r = load_remotes(l);

	if (r < 0)
		return r;
	h->remotes = calloc(h->where.n + 1, sizeof(*h->remotes));
	if (h->remotes == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < h->where.n; i++)
		if (h->where.remotes[i].is_vault)
			r = look_at_remote(h, &h->where.remotes[i]);
	h->unsent = gv_whereabouts_unsent(&h->where, &h->refs.refs);
	return r == 0 ? tell_unsent(l) : r;
}

/* ---- what can be gone back to ------------------------------------------- */

static int
look_at_env(struct look *l, const char *name)
{
	struct gv_health *h = l->h;
	struct gv_health_env *env;
	struct gv_buf cmd = GV_BUF_INIT;
	int r = gv_vec_grow(
	    (void **)&h->envs, &h->cap_envs, h->n_envs + 1, sizeof(*h->envs));

	if (r < 0)
		return r;
	env = &h->envs[h->n_envs++];
	*env = (struct gv_health_env){ .name = name };
	r = gv_good_resolve(&env->good, &env->rec, l->repo, name);
	env->has_good = r == 0;
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&cmd, "git vault good list %s", name);
	r = gv_buf_check(&cmd);
	if (r == 0)
		r = add(l, "no_good", cmd.p, "%s cannot be rolled back: %s",
		    name, gv_err_message());
	gv_buf_release(&cmd);
	return r;
}

static int
look_at_envs(struct look *l)
{
	const struct gv_goods *goods = &l->h->goods;
	size_t i;
	int r = gv_goods_load(&l->h->goods, l->repo, NULL);

	if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED)
		return add(l, "good_unread", "git vault good list",
		    "known-good records cannot be read: %s", gv_err_message());
	for (i = 0; r == 0 && i < goods->n; i++)
		if (i == 0 ||
		    strcmp(goods->all[i].env, goods->all[i - 1].env) != 0)
			r = look_at_env(l, goods->all[i].env);
	return r;
}

/* ---- the audit ---------------------------------------------------------- */

static int
look_at_audit(struct look *l)
{
	uint64_t *n = &l->h->waiting;
	int r = gv_audit_waiting(n, l->repo);

	if (r == 0 && *n)
		r = add(l, "events_wait", "git vault audit verify",
		    "%" PRIu64 " event%s could not be told to the audit, and "
		    "wait%s for the next one",
		    *n, *n == 1 ? "" : "s", *n == 1 ? "s" : "");
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

/* Names that are no ids are for doctor to tell. */
static void
keep_ids(struct gv_refs *refs)
{
	size_t i, n = 0;

	for (i = 0; i < refs->n; i++) {
		const char *id = refs->refs[i].name + strlen(GV_REFS_SNAPSHOTS);

		if (gv_record_is_id(id, strlen(id)))
			refs->refs[n++] = refs->refs[i];
	}
	refs->n = n;
}

int
gv_health_look(struct gv_health *out, struct gv_repo *repo,
    const struct gv_health_opts *opts)
{
	static int (*const looks[])(struct look * l) = { look_at_age,
		look_at_damage, look_at_verified, look_at_remotes, look_at_envs,
		look_at_audit };
	struct look l = { .h = out, .repo = repo, .opts = opts };
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_record_refs_load(&out->refs, repo);
	if (r == 0)
		keep_ids(&out->refs.refs);
	for (i = 0; r == 0 && i < sizeof(looks) / sizeof(looks[0]); i++)
		r = looks[i](&l);
	return r;
}

void
gv_health_release(struct gv_health *health)
{
	size_t i;

	for (i = 0; i < health->n; i++) {
		free(health->findings[i].text);
		free(health->findings[i].command);
	}
	free(health->findings);
	for (i = 0; i < health->n_envs; i++) {
		if (health->envs[i].has_good)
			gv_good_release(&health->envs[i].good);
		gv_record_release(&health->envs[i].rec);
	}
	free(health->envs);
	free(health->remotes);
	gv_goods_release(&health->goods);
	gv_whereabouts_release(&health->where);
	gv_record_refs_release(&health->refs);
	memset(health, 0, sizeof(*health));
}
