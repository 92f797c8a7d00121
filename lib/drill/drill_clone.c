#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "drill/drill_internal.h"
#include "key/keyfile.h"
#include "policy/team.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sys/entry.h"
#include "sys/env.h"
#include "sys/file.h"

/* A fresh machine has none of these, and they lead git elsewhere. */
static const char *const dropped[] = { "GIT_DIR", "GIT_WORK_TREE",
	"GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
	"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_QUARANTINE_PATH",
	"GIT_PREFIX", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR" };

static int
add_env(struct gv_drill_run *run, size_t *n, size_t *cap, const char *what)
{
	int r = what
	    ? gv_vec_grow((void **)&run->env, cap, *n + 2, sizeof(*run->env))
	    : GV_ENOMEM;

	if (r < 0)
		return r;
	run->env[(*n)++] = what;
	run->env[*n] = NULL;
	return 0;
}

/* An address may hold a password, which a process list would show: it goes by
 * the environment, and the command gets a name for it. */
#define ALIAS "git-vault-drill:"

static bool
is_url(const char *address)
{
	return strstr(address, "://") != NULL;
}

const char *
gv_drill_address(const struct gv_drill_run *run)
{
	return is_url(run->address) ? ALIAS : run->address;
}

/* Settings of git for the commands. Nothing is left to work in the background:
 * it would write into the clone while that is removed, secrets and all. */
static int
add_settings(struct gv_drill_run *run, size_t *n, size_t *cap, bool is_fresh)
{
	struct gv_drill *d = run->drill;
	const char *pairs[6] = { "vault.autoFold", "false", "maintenance.auto",
		"false", NULL, NULL };
	const size_t at = 4;
	size_t i, all;
	int r = 0;

	if (!is_fresh && run->upload_pack) {
		pairs[at] = "remote.origin.uploadpack";
		pairs[at + 1] = run->upload_pack;
	} else if (!is_fresh && is_url(run->address)) {
		pairs[at] = gv_drill_text(d, "url.%s.insteadOf", run->address);
		pairs[at + 1] = ALIAS;
		if (pairs[at] == NULL)
			return GV_ENOMEM;
	}
	all = pairs[at] ? 3 : 2;
	for (i = 0; r == 0 && i < all; i++)
		if ((r = add_env(run, n, cap,
			 gv_drill_text(d, "GIT_CONFIG_KEY_%zu=%s", i,
			     pairs[2 * i]))) == 0)
			r = add_env(run, n, cap,
			    gv_drill_text(d, "GIT_CONFIG_VALUE_%zu=%s", i,
				pairs[2 * i + 1]));
	return r < 0 ? r
		     : add_env(run, n, cap,
			   gv_drill_text(d, "GIT_CONFIG_COUNT=%zu", all));
}

/* The user's own home stays until the clone is there: it says how to log in at
 * the remote. */
static int
make_env(struct gv_drill_run *run, bool is_fresh)
{
	struct gv_drill *d = run->drill;
	size_t n = 0, cap = 0, i;
	int r = 0;

	free(run->env);
	run->env = NULL;
	for (i = 0; r == 0 && i < sizeof(dropped) / sizeof(*dropped); i++)
		if (is_fresh || strncmp(dropped[i], "XDG", 3) != 0)
			r = add_env(run, &n, &cap, dropped[i]);
	if (r == 0 &&
	    (r = add_env(run, &n, &cap, "GIT_TERMINAL_PROMPT=0")) == 0 &&
	    is_fresh)
		r = add_env(
		    run, &n, &cap, gv_drill_text(d, "HOME=%s", run->home));
	if (r == 0 && run->now != run->opts->now)
		r = add_env(run, &n, &cap,
		    gv_drill_text(
			d, "GIT_VAULT_TEST_TIME=%lld", (long long)run->now));
	if (r == 0 && is_fresh)
		r = add_env(run, &n, &cap, "GIT_CONFIG_NOSYSTEM=1");
	if (r == 0)
		r = add_settings(run, &n, &cap, is_fresh);
	if (r == 0 && run->identity)
		r = add_env(run, &n, &cap,
		    gv_drill_text(d, "GIT_VAULT_IDENTITY=%s", run->identity));
	return r;
}

/* Where an identity is by itself, the first that is there. */
static int
find_default(struct gv_buf *path)
{
	static const char ssh[] = "~/.ssh/id_ed25519";
	int r = gv_env_config_file(path, GV_KEYFILE_NAME);

	if (r == 0 && (r = gv_buf_check(path)) == 0 &&
	    gv_file_is_regular(AT_FDCWD, path->p))
		return 0;
	gv_buf_reset(path);
	if (r == 0 || r == GV_ENOTFOUND)
		r = gv_env_expand(path, ssh);
	if (r == 0 && (r = gv_buf_check(path)) == 0 &&
	    !gv_file_is_regular(AT_FDCWD, path->p))
		gv_buf_reset(path);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* The one thing of this host that a new machine has: the key. */
static int
find_identity(struct gv_drill_run *run)
{
	struct gv_buf path = GV_BUF_INIT;
	const char *named = run->opts->identity;
	int r = 0;

	if (named == NULL)
		named = gv_env_get("GIT_VAULT_IDENTITY");
	if (named)
		gv_buf_addstr(&path, named);
	else
		r = find_default(&path);
	if (r == 0 && (r = gv_buf_check(&path)) == 0 && path.len) {
		/* commands run elsewhere */
		char *real = gv_entry_real_path(path.p);

		run->has_key = real && gv_file_is_regular(AT_FDCWD, real);
		run->identity =
		    gv_drill_text(run->drill, "%s", real ? real : path.p);
		r = run->identity ? 0 : GV_ENOMEM;
		free(real);
	}
	gv_buf_release(&path);
	return r;
}

static int
find_remote(struct gv_drill_run *run)
{
	struct gv_drill *d = run->drill;
	struct gv_buf address = GV_BUF_INIT;
	char *name = NULL;
	int r = 0;

	if (run->opts->remote)
		d->remote = gv_drill_text(d, "%s", run->opts->remote);
	else if ((r = gv_remote_default(&name, run->repo)) == 0)
		d->remote = gv_drill_text(d, "%s", name ? name : "");
	free(name);
	if (r == 0 && (d->remote == NULL || *d->remote == '\0'))
		r = d->remote
		    ? gv_err(GV_ENOTFOUND,
			  "there is no remote to recover from; to add one: "
			  "git remote add origin URL")
		    : GV_ENOMEM;
	if (r == 0 &&
	    (r = gv_remote_check(&run->repo->config, d->remote)) == 0 &&
	    (r = gv_remote_address(
		 &address, &run->repo->config, d->remote, false)) == 0)
		r = gv_err(GV_ENOTFOUND, "there is no remote '%s'", d->remote);
	if (r > 0 && (r = gv_buf_check(&address)) == 0) {
		run->address = gv_drill_text(d, "%s", address.p);
		r = run->address ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&address);
	return r;
}

static int
fail_keyless(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *detail = gv_drill_text(run->drill,
	    "snapshot %s has %llu secret%s, and there is no key here",
	    run->drill->snapshot, (unsigned long long)run->secrets,
	    run->secrets == 1 ? "" : "s");

	return detail ? gv_drill_fail_as(run, step, "missing_key", detail, NULL)
		      : GV_ENOMEM;
}

/* The files alone have to fit, and nobody waits for a clone to learn that. */
static int
check_space(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *dir = run->opts->dir, *detail;
	uint64_t left, total;

	if (gv_file_free_space(dir, &left, &total) < 0 || left >= run->bytes)
		return 0;
	detail = gv_drill_text(run->drill,
	    "the files of the snapshot need %llu KiB, and the disk of %s has "
	    "%llu KiB left",
	    (unsigned long long)(run->bytes + 1023) / 1024, dir,
	    (unsigned long long)left / 1024);
	return detail ? gv_drill_fail_as(run, step, "disk_full", detail, NULL)
		      : GV_ENOMEM;
}

int
gv_drill_prepare(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct gv_drill *d = run->drill;
	int r;

	run->top =
	    run->repo->worktree ? run->repo->worktree : run->repo->common_dir;
	run->home = gv_drill_text(d, "%s/home", run->opts->dir);
	if (run->home == NULL)
		return GV_ENOMEM;
	if ((r = gv_drill_sentinel_make(run)) < 0 ||
	    (r = gv_drill_choose(run)) < 0 || (r = find_remote(run)) < 0 ||
	    (r = find_identity(run)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, run->home, 0700)) < 0 ||
	    (r = make_env(run, false)) < 0 ||
	    (r = gv_drill_sentinel_name(run)) < 0)
		return r;
	if (run->opts->fault &&
	    ((r = gv_drill_strain(run)) < 0 || (r = make_env(run, false)) < 0))
		return r;
	if (d->snapshot_time > run->now + GV_DRILL_SKEW)
		return gv_drill_fail_as(run, step, "clock_skew",
		    "the snapshot was taken in the future", NULL);
	if (run->secrets && !run->has_key)
		return fail_keyless(run, step);
	if ((run->secrets && (r = gv_drill_open_scopes(run, step)) < 0) ||
	    step->result == GV_DRILL_FAILED)
		return r;
	if ((r = check_space(run, step)) < 0 || step->result == GV_DRILL_FAILED)
		return r;
	step->result = GV_DRILL_PASSED;
	step->detail = gv_drill_text(d, "snapshot %s, from %s, with %s%s%s%s",
	    d->snapshot, d->remote,
	    run->key_detail    ? run->key_detail
		: run->has_key ? "a key"
			       : "no secrets",
	    run->passed_over ? "; snapshot " : "",
	    run->passed_over ? run->passed_over : "",
	    run->passed_over ? " is of a time to come and passed over" : "");
	return step->detail ? 0 : GV_ENOMEM;
}

/* Whether the clone has the snapshot that this repository has. */
static int
has_snapshot(struct gv_drill_run *run)
{
	const char *ref = gv_drill_text(
	    run->drill, "refs/vault/snapshots/%s", run->drill->snapshot);
	const char *const args[] = { "show-ref", "--verify", "--quiet", ref,
		NULL };

	return ref ? gv_drill_git(NULL, run, args) : GV_ENOMEM;
}

static int
fail_unpushed(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const struct gv_drill_symptom s = { .stage = GV_DRILL_RESTORE,
		.status = 128,
		.code = "not_found",
		.message = "",
		.has_key = run->has_key,
		.is_listed = false };
	const char *detail = gv_drill_text(run->drill, "%s has no snapshot %s",
	    run->drill->remote, run->drill->snapshot);

	return detail ? gv_drill_fail(run, step, &s, detail) : GV_ENOMEM;
}

/* Which policy a recovery would go by; none is no failure. */
static int
note_policy(struct gv_drill_run *run)
{
	static const char policy[] = "HEAD:" GV_TEAM_POLICY;
	static const char *const args[] = { "rev-parse", "--verify", "--quiet",
		policy, NULL };
	struct gv_buf out = GV_BUF_INIT;
	int r = gv_drill_git(&out, run, args);

	if (r == 0 && out.len > 1)
		run->drill->policy =
		    gv_drill_text(run->drill, "%.*s", (int)out.len - 1, out.p);
	gv_buf_release(&out);
	return r < 0 ? r : 0;
}

int
gv_drill_clone(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct gv_drill *d = run->drill;
	const char *dir = gv_drill_text(d, "%s/clone", run->opts->dir);
	const char *const args[] = { "clone", "--yes", gv_drill_address(run),
		dir, NULL };
	struct gv_answer a;
	const char *keyring;
	int r = dir ? gv_drill_ask(&a, run, args) : GV_ENOMEM;

	run->clone_ms = 0;
	if (r < 0)
		return r;
	if (a.status != 0) {
		r = gv_drill_fail_by(run, step, &a);
		gv_answer_release(&a);
		return r;
	}
	keyring = gv_unjson_get_text(gv_unjson_root(a.doc), "keyring");
	d->keyring = keyring ? gv_drill_text(d, "%s", keyring) : NULL;
	gv_answer_release(&a);
	run->clone = dir;
	if (run->opts->fault == GV_DRILL_MISSING_KEY) {
		run->identity = NULL;
		run->has_key = false;
	}
	if ((r = gv_drill_locks(run, step, true)) < 0 ||
	    (r = make_env(run, true)) < 0 || (r = note_policy(run)) < 0 ||
	    (r = has_snapshot(run)) < 0)
		return r;
	if (r > 0)
		return fail_unpushed(run, step);
	if (step->result == GV_DRILL_FAILED)
		return 0;
	step->result = GV_DRILL_PASSED;
	step->detail = "a fresh clone, with what the remote has";
	return run->opts->fault ? gv_drill_break(run) : 0;
}
