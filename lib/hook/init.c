#include "hook/init.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "key/keyring_store.h"
#include "policy/consent.h"
#include "policy/team.h"
#include "remote/refspec.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/setting.h"

/* Unreachable objects go into a cruft pack since 2.37, by itself since 2.41. */
#define CRUFT_KNOWN   237
#define CRUFT_DEFAULT 241

struct job {
	struct gv_init_report *report;
	struct gv_repo *repo;
	bool dry_run;
	struct gv_remote *remotes; /* that a fetch brings a vault of */
	size_t n, cap;
};

static int
add_step(struct job *job, enum gv_init_action action, const char *key,
    const char *value, const char *reason)
{
	struct gv_init_report *rep = job->report;
	struct gv_init_step *s;
	int r = GV_GROW(rep->steps, rep->n, rep->cap);

	if (r < 0)
		return r;
	s = &rep->steps[rep->n++];
	*s = (struct gv_init_step){ .action = action, .reason = reason };
	s->key = key ? strdup(key) : NULL;
	s->value = value ? strdup(value) : NULL;
	if ((key && !s->key) || (value && !s->value))
		return gv_err_nomem();
	return 0;
}

/* What stands in the files; `git -c` is gone with the next command. */
static bool
is_lasting(const struct gv_config_entry *e, const char *key)
{
	return e->scope != GV_CONFIG_COMMAND && strcmp(e->key, key) == 0;
}

/* The last lasting value of a key, or that one which equals `value`. */
static const char *
find_value(const struct gv_config *c, const char *key, const char *value)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const char *v = c->entries[i].value ? c->entries[i].value : "";

		if (is_lasting(&c->entries[i], key) &&
		    (value == NULL || strcmp(v, value) == 0))
			found = v;
	}
	return found;
}

/* A value among several of a key, or with `single` the only one. Keys are
 * written as git's manual writes them and looked up in lower case. */
static int
want(struct job *job, const char *key, const char *value, bool single,
    const char *reason)
{
	const struct gv_config *c = &job->repo->config;
	struct gv_buf low = GV_BUF_INIT;
	const char *found, *p, *dot = strrchr(key, '.');
	enum gv_init_action action = GV_INIT_ADDED;
	int r;

	/* a subsection between the dots keeps its case */
	for (p = key; *p; p++)
		gv_buf_addch(&low,
		    *p >= 'A' && *p <= 'Z' && p > dot ? (char)(*p + 32) : *p);
	if ((r = gv_buf_check(&low)) < 0)
		goto out;
	found = find_value(c, low.p, single ? NULL : value);
	if (found)
		action =
		    strcmp(found, value) == 0 ? GV_INIT_FOUND : GV_INIT_KEPT;
	if (action == GV_INIT_ADDED && !job->dry_run &&
	    (r = gv_setting_add(key, value)) < 0)
		goto out;
	if ((r = add_step(job, action, key, value, reason)) < 0)
		goto out;
	if (action == GV_INIT_KEPT) {
		struct gv_init_report *rep = job->report;

		rep->steps[rep->n - 1].kept = strdup(found);
		r = rep->steps[rep->n - 1].kept ? 0 : gv_err_nomem();
	}
out:
	gv_buf_release(&low);
	return r;
}

static int
make_folder(struct job *job)
{
	bool there = gv_file_is_dir(AT_FDCWD, job->repo->vault_dir);
	int r = there || job->dry_run ? 0 : gv_repo_make_vault_dir(job->repo);

	return r < 0
	    ? r
	    : add_step(job, there ? GV_INIT_FOUND : GV_INIT_ADDED, NULL,
		  job->repo->vault_dir, "holds caches and journals");
}

/* A refspec that git cannot read would make every fetch fail. */
static int
is_ref_name(bool *out, const char *name)
{
	const char *argv[] = { "git", "check-ref-format", name, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });

	*out = p.status == 0;
	gv_proc_release(&p);
	return r;
}

/* Why a remote is left as it is, or NULL. */
static const char *
reason_to_skip(const struct gv_config *c, const char *key)
{
	const char *v = find_value(c, key, NULL);
	size_t i;

	if (v == NULL)
		return "has no fetch refspec; adding one would change what a "
		       "plain fetch does";
	for (i = 0; i < c->n; i++) {
		if (!is_lasting(&c->entries[i], key))
			continue;
		v = c->entries[i].value ? c->entries[i].value : "";
		v += *v == '+';
		if (strncmp(v, "refs/*:", 7) == 0)
			return "a mirror: it fetches every ref already";
		if (strncmp(v, GV_REFS_VAULT, 11) == 0 &&
		    strstr(v, ":refs/vault/"))
			return "overwrites this clone's snapshots, and with "
			       "pruning deletes those not pushed yet; remove "
			       "that refspec";
	}
	return NULL;
}

static int
want_specs(struct job *job, const char *key, const struct gv_buf *specs,
    const struct gv_refspec_part *part)
{
	const char *reason = part->is_all
	    ? "fetches these refs of other clones' vaults, next to this clone's"
	    : "fetches the refs that this clone has, next to them";
	size_t at;
	int r = 0;

	for (at = 0; r == 0 && at < specs->len; at += strlen(specs->p + at) + 1)
		r = want(job, key, specs->p + at, false,
		    strstr(specs->p + at, ":" GV_REFS_REMOTES) &&
			    strstr(specs->p + at, "/notes/vault*")
			? "the same for their notes on commits"
			: reason);
	return r;
}

/* Existing settings of git-vault are made to fit first, so that they are found.
 */
static int
fit(struct job *job, const struct gv_remote_ref *map,
    const struct gv_refspec_part *part)
{
	return part->is_all || job->dry_run
	    ? 0
	    : gv_refspec_put(&job->repo->config, map, part);
}

/* Vaults of other clones land in refs/vault-remote/, never on our own: a
 * pruning fetch would delete what is not pushed yet. Where they are branches
 * on the remote, a plain fetch would bring them as such, so they are left to
 * sync. */
static int
find_specs(struct gv_buf *specs, struct job *job,
    const struct gv_remote *remote, struct gv_refspec_part *part,
    bool *are_branches)
{
	struct gv_remote_ref map;
	int r = gv_remote_ref_open(
	    &map, &job->repo->config, remote->name, remote->len);

	*are_branches = r == 0 && gv_remote_ref_is_prefixed(&map);
	if (r == 0 &&
	    (r = gv_refspec_read(part, &job->repo->config, &map)) == 0 &&
	    (r = fit(job, &map, part)) == 0)
		r = gv_refspec_add(specs, &map, part);
	gv_remote_ref_release(&map);
	return r;
}

/* *skip is why it is left alone, or NULL. */
static int
want_fetch(struct job *job, const struct gv_remote *remote, const char **skip)
{
	struct gv_buf key = GV_BUF_INIT, ref = GV_BUF_INIT, specs = GV_BUF_INIT;
	struct gv_refspec_part part = { .envs = NULL };
	bool good = false, are_branches = false;
	int r;

	if ((r = find_specs(&specs, job, remote, &part, &are_branches)) < 0)
		goto out;
	gv_buf_addf(&key, "remote.%.*s.fetch", (int)remote->len, remote->name);
	gv_buf_addf(
	    &ref, GV_REFS_REMOTES "%.*s/x", (int)remote->len, remote->name);
	if ((r = gv_buf_check(&key)) < 0 || (r = gv_buf_check(&ref)) < 0 ||
	    (r = is_ref_name(&good, ref.p)) < 0)
		goto out;
	*skip = reason_to_skip(&job->repo->config, key.p);
	if (!*skip && !good)
		*skip = "its name cannot be part of a ref's name";
	if (*skip)
		r = add_step(job, GV_INIT_SKIPPED, key.p, specs.p, *skip);
	else if (are_branches)
		r = want(job, key.p, specs.p, false,
		    "leaves the branches of the vault there to git vault sync");
	else
		r = want_specs(job, key.p, &specs, &part);
out:
	free((void *)part.envs);
	gv_buf_release(&key);
	gv_buf_release(&ref);
	gv_buf_release(&specs);
	return r;
}

static int
want_fetches(struct job *job)
{
	struct gv_remote remote;
	const char *skip = NULL;
	size_t at = 0;
	int r = 0;

	while (r == 0 && gv_remote_next(&remote, &at, &job->repo->config)) {
		if ((r = want_fetch(job, &remote, &skip)) == 0 && !skip)
			r = GV_GROW(job->remotes, job->n, job->cap);
		if (r == 0 && !skip)
			job->remotes[job->n++] = remote;
	}
	return r;
}

static int
want_cruft_packs(struct job *job)
{
	int version = 0, r = gv_repo_git_number(&version, job->repo);

	if (r < 0)
		return r;
	if (version >= CRUFT_DEFAULT)
		return add_step(job, GV_INIT_SKIPPED, "gc.cruftPacks", "true",
		    "this git does so by default");
	if (version < CRUFT_KNOWN)
		return add_step(job, GV_INIT_SKIPPED, "gc.cruftPacks", "true",
		    "this git is too old to know it");
	return want(job, "gc.cruftPacks", "true", true,
	    "keeps git gc fast after snapshots are deleted");
}

/* ---- the keyring ---- */

static int
ask(struct job *job, const struct gv_remote *remote)
{
	struct gv_refs refs = { 0 };
	struct gv_buf key = GV_BUF_INIT;
	int r = gv_remote_fetched(&refs, job->repo, remote);
	bool known =
	    r == 0 && refs.n && !gv_remote_scope(refs.refs[0].name, remote);

	gv_refs_release(&refs);
	if (r == 0 && !known)
		r = gv_remote_ask(remote, &job->repo->config);
	if (r == GV_ERROR) {
		gv_buf_addf(
		    &key, "keyring of %.*s", (int)remote->len, remote->name);
		if ((r = gv_buf_check(&key)) == 0)
			r = add_step(job, GV_INIT_SKIPPED, key.p,
			    gv_err_message(),
			    "the remote cannot be asked for it; do this again "
			    "once it can, before you seal for a team");
	}
	gv_buf_release(&key);
	return r;
}

/* A keyring that one alone reads may have been made before the team's was
 * known of. */
static int
seek_keyring(struct job *job, struct gv_safe *safe)
{
	const struct gv_keyring_kept *kept = gv_safe_keyring(safe);
	size_t i;
	int r = 0;

	if (job->dry_run || job->n == 0 ||
	    (kept && kept->keyring.n_recipients > 1))
		return 0;
	for (i = 0; r == 0 && i < job->n; i++)
		r = ask(job, &job->remotes[i]);
	return r < 0 ? r : gv_safe_merge(safe);
}

static int
want_keyring(
    struct job *job, struct gv_safe **safe, const struct gv_safe_opts *opts)
{
	const struct gv_keyring_kept *kept;
	struct gv_safe_opts how = *opts;
	int r;
	bool there;

	/* the remotes are asked for it, and its fingerprint is shown */
	how.takes_keyring = true;
	r = gv_safe_open(safe, job->repo, &how);
	there = r == 0 && gv_safe_keyring(*safe);

	if (r < 0)
		return r;

	if ((r = seek_keyring(job, *safe)) < 0)
		return r;
	if (!gv_safe_keyring(*safe) && !job->dry_run &&
	    (r = gv_safe_prepare(*safe)) < 0)
		return r;
	kept = gv_safe_keyring(*safe);
	return add_step(job, there ? GV_INIT_FOUND : GV_INIT_ADDED, "keyring",
	    kept ? kept->print : NULL,
	    "lists who can read the secrets; its fingerprint");
}

/* For what the repository tells at the end of what does not count of it; that
 * it cannot be read is for those that go by it to say. */
static int
look_at_policy(struct gv_repo *repo)
{
	struct gv_policy policy;
	char *before = gv_err_save();
	int r = gv_team_load(&policy, repo);

	gv_policy_release(&policy);
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	return 0;
}

int
gv_init_run(struct gv_init_report *out, struct gv_safe **safe,
    struct gv_repo *repo, const struct gv_safe_opts *opts, bool dry_run)
{
	struct job job = { .report = out, .repo = repo, .dry_run = dry_run };
	int r;

	memset(out, 0, sizeof(*out));
	*safe = NULL;
	if ((r = make_folder(&job)) < 0)
		goto out;
	if (!dry_run && (r = gv_consent_settle(repo)) < 0)
		goto out;
	r = want(&job, "log.excludeDecoration", GV_REFS_VAULT "*", false,
	    "keeps snapshots out of git log's decorations");
	if (r < 0)
		goto out;
	r = want(&job, "log.excludeDecoration", GV_REFS_REMOTES "*", false,
	    "the same for those of other clones");
	if (r < 0)
		goto out;
	r = want(&job, "log.excludeDecoration", GV_REFS_TRASH "*", false,
	    "the same for deleted ones");
	if (r < 0 || (r = want_fetches(&job)) < 0)
		goto out;
	/* to an older git it is nothing, and git does get newer */
	r = want(&job, "fetch.hideRefs", GV_REFS_VAULT, false,
	    "spares each fetch a look at every snapshot (Git 2.41)");
	if (r < 0)
		goto out;
	r = want(&job, "notes.vault.mergeStrategy", "cat_sort_uniq", true,
	    "merges the notes of two clones line by line");
	if (r < 0 || (r = want_cruft_packs(&job)) < 0 ||
	    (r = want_keyring(&job, safe, opts)) < 0)
		goto out;
	r = look_at_policy(repo);
out:
	free(job.remotes);
	return r;
}

void
gv_init_release(struct gv_init_report *rep)
{
	size_t i;

	if (rep == NULL)
		return;
	for (i = 0; i < rep->n; i++) {
		free(rep->steps[i].key);
		free(rep->steps[i].value);
		free(rep->steps[i].kept);
	}
	free(rep->steps);
	memset(rep, 0, sizeof(*rep));
}
