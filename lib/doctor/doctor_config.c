#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "remote/remote.h"
#include "repo/config.h"
#include "repo/refs.h"
#include "sys/file.h"

/* The first git that knows fetch.hideRefs. */
#define HIDE_KNOWN 241

/* The first one that knows refspecs which leave out. */
#define NEGATIVE_KNOWN 229

/* What is set here outweighs what is set for all repositories, which to unset
 * here would leave. This is what git has by itself. */
#define GC_EXPIRE "git config --replace-all gc.pruneExpire 2.weeks.ago"

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "remote.<name>.<what>": the name and its length, or NULL. */
static const char *
remote_of(const struct gv_config_entry *e, const char *what, size_t *len)
{
	const char *dot = strrchr(e->key, '.');

	if (!begins(e->key, "remote.") || dot == NULL || e->value == NULL ||
	    dot <= e->key + 6 || strcmp(dot + 1, what) != 0)
		return NULL;
	*len = (size_t)(dot - e->key) - 7;
	return e->key + 7;
}

static bool
prunes(const struct gv_config *c, const char *remote, size_t len)
{
	struct gv_buf key = GV_BUF_INIT;
	bool prune = gv_config_bool(c, "fetch.prune", false);

	gv_buf_addf(&key, "remote.%.*s.prune", (int)len, remote);
	if (gv_buf_check(&key) == 0)
		prune = gv_config_bool(c, key.p, prune);
	gv_buf_release(&key);
	return prune;
}

/* Whether a refspec of all refs leaves ours out by another one. */
static bool
is_left_out(const struct gv_doctor *d, const char *remote, size_t len,
    const char *what, const char *side)
{
	const struct gv_config *c = &d->repo->config;
	const char *name;
	size_t i, n;

	for (i = 0; i < c->n && begins(side, "refs/*"); i++) {
		name = remote_of(&c->entries[i], what, &n);
		if (name && n == len && memcmp(name, remote, len) == 0 &&
		    strcmp(c->entries[i].value, "^refs/vault/*") == 0)
			return true;
	}
	return false;
}

/* How it would leave ours out: of a refspec of all refs the rest is to stay,
 * and an old git is not told to. */
static void
put_leave_out(struct gv_buf *cmd, const struct gv_doctor *d, const char *remote,
    size_t len, const char *what)
{
	if (d->git < NEGATIVE_KNOWN)
		return;
	gv_buf_addstr(cmd, "git config --add");
	gv_doctor_word(cmd, "remote.%.*s.%s", (int)len, remote, what);
	gv_buf_addstr(cmd, " '^refs/vault/*'");
}

/* How to have the refspecs that init writes in place of those of this form. */
static void
put_anew(
    struct gv_buf *cmd, const char *remote, size_t len, const char *pattern)
{
	gv_buf_addstr(cmd, "git config --unset-all");
	gv_doctor_word(cmd, "remote.%.*s.fetch", (int)len, remote);
	gv_buf_addf(cmd, " '%s' && git vault init", pattern);
}

static int
check_fetch(
    struct gv_doctor *d, const char *remote, size_t len, const char *spec)
{
	const char *to = strchr(spec, ':');
	struct gv_buf cmd = GV_BUF_INIT;
	const bool prune = prunes(&d->repo->config, remote, len);
	struct gv_doctor_verdict v;
	int r;

	if (to == NULL)
		return 0;
	v = gv_doctor_judge_fetch(
	    spec, prune, is_left_out(d, remote, len, "fetch", to + 1));
	if (v.kind == NULL)
		return 0;
	if (begins(to + 1, "refs/*"))
		put_leave_out(&cmd, d, remote, len, "fetch");
	else
		put_anew(&cmd, remote, len, ":refs/vault/");
	if ((r = gv_buf_check(&cmd)) < 0)
		goto out;
	if (prune)
		r = gv_doctor_add(d, v.grade, v.kind, cmd.len ? cmd.p : NULL,
		    "'git fetch %.*s' deletes every snapshot that the remote "
		    "does not have: pruning is on and remote.%.*s.fetch is %s",
		    (int)len, remote, (int)len, remote, spec);
	else
		r = gv_doctor_add(d, v.grade, v.kind, cmd.len ? cmd.p : NULL,
		    "'git fetch %.*s' overwrites refs of the vault, and with "
		    "--prune deletes snapshots: remote.%.*s.fetch is %s",
		    (int)len, remote, (int)len, remote, spec);
out:
	gv_buf_release(&cmd);
	return r;
}

static int
check_push(
    struct gv_doctor *d, const char *remote, size_t len, const char *spec)
{
	struct gv_buf cmd = GV_BUF_INIT;
	const bool force = *spec == '+';
	const struct gv_doctor_verdict v = gv_doctor_judge_push(
	    spec, is_left_out(d, remote, len, "push", spec + force));
	int r;

	if (v.kind == NULL)
		return 0;
	if (begins(spec + force, "refs/*")) {
		put_leave_out(&cmd, d, remote, len, "push");
	} else {
		gv_buf_addstr(&cmd, "git config --unset-all");
		gv_doctor_word(&cmd, "remote.%.*s.push", (int)len, remote);
		gv_buf_addstr(&cmd, " '^[+]?refs/vault/'");
	}
	if ((r = gv_buf_check(&cmd)) < 0)
		goto out;
	if (force)
		r = gv_doctor_add(d, v.grade, v.kind, cmd.len ? cmd.p : NULL,
		    "'git push %.*s' overwrites what others stored in the "
		    "vault there: remote.%.*s.push is %s",
		    (int)len, remote, (int)len, remote, spec);
	else
		r = gv_doctor_add(d, v.grade, v.kind, cmd.len ? cmd.p : NULL,
		    "'git push %.*s' also pushes all snapshots: "
		    "remote.%.*s.push is %s",
		    (int)len, remote, (int)len, remote, spec);
out:
	gv_buf_release(&cmd);
	return r;
}

static int
check_mirror(struct gv_doctor *d, const char *remote, size_t len)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	gv_buf_addstr(&cmd, "git config --replace-all");
	gv_doctor_word(&cmd, "remote.%.*s.mirror", (int)len, remote);
	gv_buf_addstr(&cmd, " false");
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "push_mirrors", cmd.p,
		    "'git push %.*s' deletes there every snapshot that is not "
		    "here: remote.%.*s.mirror is set",
		    (int)len, remote, (int)len, remote);
	gv_buf_release(&cmd);
	return r;
}

/* Snapshots beside ours come by sync; a refspec of all has the remote tell each
 * fetch of them. */
static int
check_snapshots(
    struct gv_doctor *d, const char *remote, size_t len, const char *spec)
{
	struct gv_buf cmd = GV_BUF_INIT;
	int r;

	if (d->snapshots.n <= GV_DOCTOR_MANY ||
	    !begins(spec, "+refs/vault/*:" GV_REFS_REMOTES))
		return 0;
	put_anew(&cmd, remote, len, "^[+]refs/vault/[*]:" GV_REFS_REMOTES);
	if ((r = gv_buf_check(&cmd)) == 0)
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "fetch_brings_snapshots",
		    cmd.p,
		    "'git fetch %.*s' fetches all snapshots each time, "
		    "although 'git vault sync' does so: remote.%.*s.fetch is "
		    "%s",
		    (int)len, remote, (int)len, remote, spec);
	gv_buf_release(&cmd);
	return r;
}

static bool
is_told(const struct gv_doctor *d, const char *command)
{
	size_t i;

	for (i = 0; i < d->report->n; i++)
		if (d->report->findings[i].command &&
		    strcmp(d->report->findings[i].command, command) == 0)
			return true;
	return false;
}

/* Where a vault refspec for all of a kind brings it, up to the kind: the
 * length, behind the ':' of *to; or 0. */
static size_t
place_of(const char **to, const char *spec)
{
	static const char from[] = "+refs/vault/";
	const char *kind = spec + strlen(from);
	size_t len, all;

	if (!begins(spec, from))
		return 0;
	len = strcspn(kind, ":");
	*to = kind + len + (kind[len] == ':');
	all = strlen(*to);
	return begins(*to, GV_REFS_REMOTES) && all > len &&
		memcmp(*to + all - len, kind, len) == 0
	    ? all - len
	    : 0;
}

/* Git does not move them with a remote that is renamed. Once for each remote,
 * which has one of them for each kind. */
static int
check_place(
    struct gv_doctor *d, const char *remote, size_t len, const char *spec)
{
	struct gv_buf own = GV_BUF_INIT, cmd = GV_BUF_INIT;
	struct gv_buf place = GV_BUF_INIT;
	const char *to;
	size_t n = place_of(&to, spec);
	int r;

	if (n == 0)
		return 0;
	gv_buf_addf(&own, GV_REFS_REMOTES "%.*s/", (int)len, remote);
	gv_buf_addf(&place, ":%.*s", (int)n, to);
	put_anew(&cmd, remote, len, place.p);
	if ((r = gv_buf_check(&own)) == 0 && (r = gv_buf_check(&cmd)) == 0 &&
	    strcmp(own.p, place.p + 1) != 0 && !is_told(d, cmd.p))
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "refspec_elsewhere",
		    cmd.p,
		    "'git fetch %.*s' brings the vault there to %s, and not to "
		    "%s, where it is looked for: git leaves such refspecs as "
		    "they are when a remote is renamed",
		    (int)len, remote, place.p + 1, own.p);
	gv_buf_release(&own);
	gv_buf_release(&cmd);
	gv_buf_release(&place);
	return r;
}

int
gv_doctor_refspecs(struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	const char *remote;
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < c->n; i++) {
		const struct gv_config_entry *e = &c->entries[i];

		remote = remote_of(e, "fetch", &len);
		if (remote)
			r = check_fetch(d, remote, len, e->value);
		if (r == 0 && remote)
			r = check_snapshots(d, remote, len, e->value);
		if (r == 0 && remote)
			r = check_place(d, remote, len, e->value);
		remote = remote_of(e, "push", &len);
		if (r == 0 && remote)
			r = check_push(d, remote, len, e->value);
		remote = remote_of(e, "mirror", &len);
		if (r == 0 && remote && gv_config_bool(c, e->key, false))
			r = check_mirror(d, remote, len);
	}
	return r;
}

int
gv_doctor_fsync(struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	const char *list = gv_config_get(c, "core.fsync");
	const char *method = gv_config_get(c, "core.fsyncmethod");
	struct gv_doctor_verdict v =
	    gv_doctor_judge_fsync(d->git, list, method != NULL);
	int r = 0;

	if (v.kind && v.grade == GV_DOCTOR_NOTE)
		return gv_doctor_add(d, v.grade, v.kind,
		    "git config core.fsync committed,reference",
		    "git flushes neither refs nor loose objects unless "
		    "core.fsync is set: a power failure can lose the last "
		    "commits and staged files; snapshots are flushed");
	if (v.kind)
		r = gv_doctor_add(d, v.grade, v.kind,
		    "git config --replace-all core.fsync committed,reference",
		    "git does not flush all that it writes, so a power failure "
		    "can lose refs and objects: core.fsync is %s",
		    list);
	v = gv_doctor_judge_fsync_method(method);
	if (r == 0 && v.kind)
		r = gv_doctor_add(d, v.grade, v.kind,
		    "git config --replace-all core.fsyncMethod fsync",
		    "git leaves data in the disk's cache, which a power "
		    "failure loses: core.fsyncMethod is writeout-only");
	return r;
}

/* Whether the check that a fetch ends with leaves snapshots out. */
static bool
is_hidden(const struct gv_config *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const char *key = c->entries[i].key, *v = c->entries[i].value;

		if ((strcmp(key, "fetch.hiderefs") == 0 ||
			strcmp(key, "transfer.hiderefs") == 0) &&
		    v && begins(v, "refs/vault") &&
		    (v[10] == '\0' || strcmp(v + 10, "/") == 0))
			return true;
	}
	return false;
}

int
gv_doctor_fetch(struct gv_doctor *d)
{
	if (d->git < HIDE_KNOWN || d->snapshots.n <= GV_DOCTOR_MANY ||
	    is_hidden(&d->repo->config))
		return 0;
	return gv_doctor_add(d, GV_DOCTOR_NOTE, "fetch_looks_at_all",
	    "git config --add fetch.hideRefs refs/vault/",
	    "each fetch looks at all %zu snapshots when it makes sure that it "
	    "is complete, which fetch.hideRefs would spare it",
	    d->snapshots.n);
}

int
gv_doctor_gc(struct gv_doctor *d)
{
	const char *when = gv_config_get(&d->repo->config, "gc.pruneexpire");
	const struct gv_doctor_verdict v = gv_doctor_judge_expiry(when);

	if (v.kind == NULL)
		return 0;
	if (v.grade == GV_DOCTOR_WARNING)
		return gv_doctor_add(d, v.grade, v.kind, GC_EXPIRE,
		    "git gc deletes unreachable objects at once, even those "
		    "that another program is writing: gc.pruneExpire is %s",
		    when);
	return gv_doctor_add(d, v.grade, v.kind, GC_EXPIRE,
	    "git gc never deletes unreachable objects: gc.pruneExpire is %s; "
	    "to reclaim the space of deleted snapshots: git vault fold "
	    "--reclaim",
	    when);
}

int
gv_doctor_file_system(struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	int r = 0;

	if (gv_config_bool(c, "core.ignorecase", false))
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "case_insensitive", NULL,
		    "the file system ignores case: of files whose names differ "
		    "only in case, a restore can create one");
	if (r == 0 && !gv_config_bool(c, "core.symlinks", true))
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "no_symlinks", NULL,
		    "the file system does not support symbolic links, so a "
		    "restore cannot create those of a snapshot");
	if (r == 0 && !gv_config_bool(c, "core.filemode", true))
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "no_modes", NULL,
		    "the file system does not store executable bits, or git "
		    "does not trust them: core.fileMode is false");
	return r;
}

bool
gv_doctor_is_partial(const struct gv_doctor *d)
{
	const struct gv_config *c = &d->repo->config;
	const char *dot;
	size_t i;

	for (i = 0; i < c->n; i++) {
		dot = strrchr(c->entries[i].key, '.');
		if (begins(c->entries[i].key, "remote.") && dot &&
		    strcmp(dot, ".promisor") == 0 &&
		    gv_config_bool(c, c->entries[i].key, false))
			return true;
	}
	return gv_config_get(c, "extensions.partialclone") != NULL;
}

int
gv_doctor_clone(struct gv_doctor *d)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/shallow", d->repo->common_dir);
	if ((r = gv_buf_check(&path)) == 0 && gv_file_exists(AT_FDCWD, path.p))
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "shallow_clone",
		    "git fetch --unshallow",
		    "this clone is shallow: its snapshots are intact, but a "
		    "server that lacks its commits refuses them");
	if (r == 0 && gv_doctor_is_partial(d))
		r = gv_doctor_add(d, GV_DOCTOR_NOTE, "partial_clone", NULL,
		    "this clone is partial: objects it has not fetched are on "
		    "the remote only, and a restore needs the remote for them");
	gv_buf_release(&path);
	return r;
}
