#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "drill/drill_internal.h"
#include "sys/file.h"

/* Only the clone is damaged, by what damages clones and remotes in earnest. */

#define STATE_MOST ((size_t)256 << 20)

/* ---- a state that was saved in part -------------------------------------- */

/* Save what a tool would have left that was stopped in the middle. */
static int
save_cut(struct gv_drill_run *run, const char *env, const char *stack)
{
	const char *file =
	    gv_drill_text(run->drill, "%s/state", run->opts->dir);
	const char *const fetch[] = { "state", "restore", "--env", env,
		"--stack", stack, "--to", file, NULL };
	const char *const save[] = { "state", "save", "--env", env, "--stack",
		stack, "--force", "--reason", "a drill", file, NULL };
	struct gv_buf bytes = GV_BUF_INIT;
	struct gv_answer a = { .status = 0 };
	int r = file ? gv_drill_ask(&a, run, fetch) : GV_ENOMEM;

	if (r == 0 && a.status)
		r = gv_err(GV_EREFUSED, "the state %s/%s cannot be read: %s",
		    env, stack, a.message);
	gv_answer_release(&a);
	if (r == 0)
		r = gv_file_read(&bytes, AT_FDCWD, file, STATE_MOST);
	if (r == 0 && bytes.len < 3)
		r = gv_err(GV_EREFUSED, "the state %s/%s is empty", env, stack);
	if (r == 0)
		r = gv_file_replace(AT_FDCWD, file, bytes.p,
		    1 + (size_t)(run->opts->seed * 7919 % (bytes.len - 2)),
		    0600, false);
	if (r == 0 && (r = gv_drill_ask(&a, run, save)) == 0) {
		if (a.status)
			r = gv_err(GV_ERROR, "cannot save half a state: %s",
			    a.message);
		gv_answer_release(&a);
	}
	if (file)
		(void)gv_file_remove_tree(AT_FDCWD, file);
	gv_buf_release(&bytes);
	return r;
}

static int
list(struct gv_drill_run *run, struct gv_buf *out, const char *pattern)
{
	const char *const args[] = { "for-each-ref", "--format=%(refname)",
		pattern, NULL };

	return gv_drill_must(run, args, out);
}

/* One of the environment that is drilled: nobody looks at those of others. */
static int
truncate_state(struct gv_drill_run *run)
{
	const size_t front = strlen("refs/vault/state/");
	const char *of = run->opts->env, *name, *slash, *env, *stack;
	const char *below = gv_drill_text(
	    run->drill, "refs/vault/state%s%s", of ? "/" : "", of ? of : "");
	struct gv_buf refs = GV_BUF_INIT;
	size_t len;
	int r = below ? list(run, &refs, below) : GV_ENOMEM;

	if (r < 0)
		goto out;
	name = gv_drill_line(&len, &refs, run->opts->seed);
	if (name == NULL) {
		r = gv_err(GV_EREFUSED,
		    "the remote has no state%s%s to truncate", of ? " of " : "",
		    of ? of : "");
		goto out;
	}
	name += front;
	len -= front;
	slash = memchr(name, '/', len);
	if (slash == NULL)
		goto out;
	env = gv_drill_text(run->drill, "%.*s", (int)(slash - name), name);
	stack = gv_drill_text(run->drill, "%.*s",
	    (int)(len - (size_t)(slash - name) - 1), slash + 1);
	r = env && stack ? save_cut(run, env, stack) : GV_ENOMEM;
out:
	gv_buf_release(&refs);
	return r;
}

/* ---- a lock whose holder is gone ----------------------------------------- */

/* A lock of a state as another program left it, days ago. */
static int
lock_state(struct gv_drill_run *run, const char *state, size_t len)
{
	static const char *const hash[] = { "hash-object", "-w", "--stdin",
		NULL };
	const int64_t days = 2 + (int64_t)(run->opts->seed % 300);
	const char *ref =
	    gv_drill_text(run->drill, "refs/vault/locks/%.*s", (int)len, state);
	struct gv_buf text = GV_BUF_INIT, id = GV_BUF_INIT;
	char time[GV_TIME_MAX];
	int r = ref ? 0 : GV_ENOMEM;

	gv_time_rfc3339(time, run->now - days * 86400);
	gv_buf_addf(&text,
	    "{\"ID\":\"6d8c9c5e-5f0e-4b7a-9c53-0a4f3d1b2c6e\","
	    "\"Operation\":\"apply\",\"Info\":\"\",\"Who\":\"ci@runner\","
	    "\"Version\":\"1.9.5\",\"Created\":\"%s\",\"Path\":\"%.*s\"}\n",
	    time, (int)len, state);
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_drill_git_feed(&id, run, hash, text.p, text.len);
	if (r == 0) {
		const char *const update[] = { "update-ref", ref,
			gv_drill_text(
			    run->drill, "%.*s", (int)strcspn(id.p, "\n"), id.p),
			NULL };

		r = update[2] ? gv_drill_must(run, update, NULL) : GV_ENOMEM;
	}
	gv_buf_release(&text);
	gv_buf_release(&id);
	return r > 0 ? gv_err(GV_ERROR, "git cannot write a lock") : r;
}

static int
leave_file(struct gv_drill_run *run, const char *name)
{
	const char *path =
	    gv_drill_text(run->drill, "%s/.git/%s.lock", run->clone, name);

	return path ? gv_file_replace(AT_FDCWD, path, "", 0, 0644, false)
		    : GV_ENOMEM;
}

static int
leave_lock(struct gv_drill_run *run)
{
	static const char *const files[] = { "index", "HEAD", "config",
		"packed-refs", "shallow", "refs/heads/main" };
	const size_t n = sizeof(files) / sizeof(*files);
	const size_t front = strlen("refs/vault/state/");
	struct gv_buf refs = GV_BUF_INIT;
	const char *name;
	size_t len;
	int r = list(run, &refs, "refs/vault/state");

	if (r == 0 && run->opts->seed % (n + 1) == n &&
	    (name = gv_drill_line(&len, &refs, run->opts->seed / (n + 1))))
		r = lock_state(run, name + front, len - front);
	else if (r == 0)
		r = leave_file(run, files[run->opts->seed % n]);
	gv_buf_release(&refs);
	return r;
}

/* ---- refs that did not arrive, or are old -------------------------------- */

/* What no ref reaches is gone from the clone, as from a remote that never had
 * it. */
static int
drop_unreached(struct gv_drill_run *run)
{
	static const char *const repack[] = { "repack", "-a", "-d", "-q",
		NULL };
	static const char *const prune[] = { "prune", "--expire=now", NULL };
	int r = gv_drill_must(run, repack, NULL);

	return r < 0 ? r : gv_drill_must(run, prune, NULL);
}

static int
lose_half(struct gv_drill_run *run)
{
	/* of an environment, what its recovery needs */
	const char *env = run->opts->env ? run->opts->env : "";
	const char *const args[] = { "for-each-ref", "--format=%(refname)",
		"refs/vault/keyring",
		gv_drill_text(run->drill, "refs/vault/secrets/%s", env),
		gv_drill_text(run->drill, "refs/vault/state/%s", env), NULL };
	struct gv_buf refs = GV_BUF_INIT;
	const char *name;
	size_t len;
	int r;

	if ((r = gv_drill_must(run, args, &refs)) < 0)
		goto out;
	name = gv_drill_line(&len, &refs, run->opts->seed);
	if (name == NULL) {
		r = gv_err(GV_EREFUSED,
		    "the remote has neither a keyring nor a state to lose");
		goto out;
	}
	{
		const char *const lose[] = { "update-ref", "-d",
			gv_drill_text(run->drill, "%.*s", (int)len, name),
			NULL };

		r = lose[2] ? gv_drill_must(run, lose, NULL) : GV_ENOMEM;
	}
	if (r == 0)
		r = drop_unreached(run);
out:
	gv_buf_release(&refs);
	return r;
}

static int
age_keyring(struct gv_drill_run *run)
{
	static const char *const args[] = { "rev-list", "--skip=1",
		"refs/vault/keyring", NULL };
	struct gv_buf ids = GV_BUF_INIT;
	const char *id;
	size_t len;
	int r;

	if ((r = gv_drill_must(run, args, &ids)) < 0)
		goto out;
	id = gv_drill_line(&len, &ids, run->opts->seed);
	if (id == NULL) {
		r = gv_err(GV_EREFUSED,
		    "the keyring has one version only: none is older");
		goto out;
	}
	{
		const char *const set[] = { "update-ref", "refs/vault/keyring",
			gv_drill_text(run->drill, "%.*s", (int)len, id), NULL };

		r = set[2] ? gv_drill_must(run, set, NULL) : GV_ENOMEM;
	}
out:
	gv_buf_release(&ids);
	return r;
}

int
gv_drill_damage(struct gv_drill_run *run)
{
	switch (run->opts->fault) {
	case GV_DRILL_TRUNCATED_STATE:
		return truncate_state(run);
	case GV_DRILL_STALE_LOCK:
		return leave_lock(run);
	case GV_DRILL_HALF_SYNC:
		return lose_half(run);
	case GV_DRILL_OLD_KEYRING:
		return age_keyring(run);
	case GV_DRILL_DISK_FULL:
		run->blocks = (int)(run->opts->seed / 2 % 4);
		return 0;
	default:
		return 0; /* of the environment: drill_strain.c */
	}
}
