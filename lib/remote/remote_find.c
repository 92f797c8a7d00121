#include "remote/remote.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/err_command.h"
#include "remote/refspec.h"
#include "remote/remote_ref.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/proc.h"

#define WAIT_MS 30000
#define SPECS   5           /* settings that a push is given */
#define WORDS   11          /* of a push */
#define MORE    (SPECS + 2) /* settings of the environment */

/* The variables by which git is given refspecs, with a number behind it. */
#define SPEC "GIT_VAULT_PUSH_"

/* The remote's name in a key remote.<name>.url; its length, or 0. */
static size_t
name_of(const char *key, const char **name)
{
	size_t len = strlen(key);

	if (len <= 11 || strncmp(key, "remote.", 7) != 0 ||
	    strcmp(key + len - 4, ".url") != 0)
		return 0;
	*name = key + 7;
	return len - 11;
}

/* A remote may have several URLs. */
bool
gv_remote_next(struct gv_remote *out, size_t *at, const struct gv_config *c)
{
	size_t i, j;

	for (i = *at; i < c->n; i++) {
		out->len = name_of(c->entries[i].key, &out->name);
		for (j = 0; out->len && j < i; j++)
			if (strcmp(c->entries[j].key, c->entries[i].key) == 0)
				out->len = 0;
		*at = i + 1;
		if (out->len && c->entries[i].scope != GV_CONFIG_COMMAND)
			return true;
	}
	return false;
}

bool
gv_remote_is(const struct gv_config *config, const char *name, size_t len)
{
	struct gv_remote remote;
	size_t at = 0;

	while (gv_remote_next(&remote, &at, config))
		if (remote.len == len && memcmp(remote.name, name, len) == 0)
			return true;
	return false;
}

const char *
gv_remote_no_snapshot(const struct gv_config *config)
{
	struct gv_remote remote;
	size_t at = 0;

	gv_err_command_offer("git vault sync");
	gv_err_command_offer("git vault snapshot");
	return gv_remote_next(&remote, &at, config)
	    ? "'git vault sync' fetches those of the remote, 'git vault "
	      "snapshot' takes one"
	    : "'git vault snapshot' takes one";
}

bool
gv_remote_is_gone(const struct gv_config *config, const char *name, size_t len)
{
	return *name != '/' && *name != '.' && !memchr(name, ':', len) &&
	    !gv_remote_is(config, name, len);
}

int
gv_remote_check(const struct gv_config *config, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));
	struct gv_remote remote;
	size_t at = 0;

	if (gv_remote_is(config, name, strlen(name)))
		return 0;
	while (gv_remote_next(&remote, &at, config))
		gv_near_add(&near, remote.name, remote.len);
	if (near.name)
		return gv_err(GV_EUSAGE,
		    "there is no remote '%s'; did you mean '%.*s'?", name,
		    (int)near.name_len, near.name);
	return gv_err(GV_EUSAGE,
	    "there is no remote '%s'; list them by `git remote`, or add one by "
	    "`git remote add`",
	    name);
}

static const char *
after_name(const char *ref, const struct gv_remote *remote)
{
	return ref + strlen(GV_REFS_REMOTES) + remote->len + 1;
}

const char *
gv_remote_scope(const char *ref, const struct gv_remote *remote)
{
	const char *kind = after_name(ref, remote);

	return strncmp(kind, "secrets/", 8) == 0 ? kind + 8 : NULL;
}

int
gv_remote_fetched(struct gv_refs *out, const struct gv_repo *repo,
    const struct gv_remote *remote)
{
	struct gv_buf keyring = GV_BUF_INIT, secrets = GV_BUF_INIT;
	const char *names[] = { NULL, NULL };
	int r;

	gv_buf_addf(&keyring, GV_REFS_REMOTES "%.*s/keyring", (int)remote->len,
	    remote->name);
	gv_buf_addf(&secrets, GV_REFS_REMOTES "%.*s/secrets/", (int)remote->len,
	    remote->name);
	if ((r = gv_buf_check(&keyring)) == 0)
		r = gv_buf_check(&secrets);
	names[0] = keyring.p;
	if (r == 0)
		r = gv_ref_list_with(out, repo, names, secrets.p);
	gv_buf_release(&keyring);
	gv_buf_release(&secrets);
	return r;
}

/* If the user has set how ssh is run, it is not changed: then the time alone
 * ends its questions. Git's output is parsed, so it must not be translated. */
size_t
gv_remote_unattended(const char **env, const struct gv_config *config)
{
	static const char *const all[GV_REMOTE_ENV] = { "LC_ALL=C",
		"GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never",
		"GIT_ASKPASS=", "SSH_ASKPASS=",
		"GIT_SSH_COMMAND=ssh -oBatchMode=yes" };
	bool is_said = gv_env_get("GIT_SSH_COMMAND") || gv_env_get("GIT_SSH") ||
	    gv_config_get(config, "core.sshcommand");

	memcpy(env, all, sizeof(all));
	return is_said ? GV_REMOTE_ENV - 1 : GV_REMOTE_ENV;
}

static int
run(struct gv_proc *p, const struct gv_proc_opts *how, const char *const *more,
    const struct gv_config *config)
{
	const char *env[GV_REMOTE_ENV + MORE + 1];
	size_t n = gv_remote_unattended(env, config);
	struct gv_proc_opts opts = *how;

	while (more && *more)
		env[n++] = *more++;
	env[n] = NULL;
	opts.env = env;
	return gv_proc_run(p, &opts);
}

int
gv_remote_run(
    struct gv_proc *p, const char *const *argv, const struct gv_config *config)
{
	const struct gv_proc_opts opts = { .argv = argv,
		.timeout_ms = WAIT_MS };

	return run(p, &opts, NULL, config);
}

int
gv_remote_run_apart(struct gv_proc *p, const char *const *argv, int wait_ms,
    const struct gv_config *config)
{
	struct gv_proc_opts opts = {
		.argv = argv, .timeout_ms = wait_ms, .is_apart = true
	};

	return run(p, &opts, NULL, config);
}

/* ---- push ---------------------------------------------------------------- */

/* A push's command line; the buffers are what the words point into. */
struct push {
	const char *argv[3 + SPECS + WORDS + 1];
	const char *env[MORE + 1];
	struct gv_buf own[2 * SPECS];
	size_t n, n_env, n_own;
};

/* It goes by the environment, since -c takes what is behind the first '=' for
 * the value, and the name of a remote may have one. */
static int
add_setting(struct push *p, const struct gv_remote_ref *map, const char *key,
    const char *value)
{
	struct gv_buf *word = &p->own[p->n_own++];
	struct gv_buf *var = &p->own[p->n_own++];

	gv_buf_addf(word, "--config-env=remote.%.*s.%s=" SPEC "%zu",
	    (int)map->len, map->remote, key, p->n_own);
	gv_buf_addf(var, SPEC "%zu=%s", p->n_own, value);
	p->argv[p->n++] = word->p;
	p->env[p->n_env++] = var->p;
	return gv_buf_check(word) < 0 ? GV_ENOMEM : gv_buf_check(var);
}

int
gv_remote_push(struct gv_proc *proc, const struct gv_remote_ref *map,
    const char *const *words, const char *const *env,
    const struct gv_config *config)
{
	struct push p = { .argv = { "git", "-c", "core.askPass=" }, .n = 3 };
	struct gv_buf specs = GV_BUF_INIT;
	size_t at;
	int r = gv_remote_ref_untracked(&specs, map);

	while (env && *env)
		p.env[p.n_env++] = *env++;
	for (at = 0; r == 0 && at < specs.len; at += strlen(specs.p + at) + 1)
		r = add_setting(&p, map, "fetch", specs.p + at);
	/* of a mirror git pushes all there is, and takes no refspec */
	if (r == 0)
		r = add_setting(&p, map, "mirror", "false");
	p.argv[p.n++] = "push";
	while (*words && p.n < 3 + SPECS + WORDS)
		p.argv[p.n++] = *words++;
	assert(*words == NULL);
	if (r == 0) {
		const struct gv_proc_opts opts = { .argv = p.argv,
			.timeout_ms = WAIT_MS };

		r = run(proc, &opts, p.env, config);
	}
	while (p.n_own > 0)
		gv_buf_release(&p.own[--p.n_own]);
	gv_buf_release(&specs);
	return r;
}

bool
gv_remote_is_race(const char *words)
{
	static const char *const all[] = { "(stale info)",
		"(failed to update ref)", "(failed to delete)", "lock ref",
		"already exists", "incorrect old value", "but expected",
		"does not exist", "(non-fast-forward)", "(fetch first)" };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strstr(words, all[i]))
			return true;
	return false;
}

/* The next line that the remote printed, from `at` on, without blanks around
 * it; NULL: there is none. */
static const char *
said_next(size_t *len, const char *at)
{
	static const char mark[] = "remote: ";

	while (at && strncmp(at, mark, sizeof(mark) - 1) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (at == NULL)
		return NULL;
	at += sizeof(mark) - 1;
	at += strspn(at, " ");
	*len = strcspn(at, "\n");
	while (*len && at[*len - 1] == ' ')
		--*len;
	return at;
}

void
gv_remote_add_said(struct gv_buf *out, const char *err)
{
	size_t len = 0, more = 0, name;
	const char *first = said_next(&len, err), *next;

	if (first == NULL)
		return;
	gv_buf_addf(out, ": %.*s", (int)len, first);
	next =
	    len && first[len - 1] == ':' ? said_next(&more, first + len) : NULL;
	if (next == NULL)
		return;
	name = strcspn(first, ":") + 1;
	if (name < len && strncmp(first, next, name) == 0) {
		name += strspn(next + name, " ");
		name = name < more ? name : more;
		next += name;
		more -= name;
	}
	gv_buf_addf(out, " %.*s", (int)more, next);
}

/* Fetch by these refspecs, a NUL behind each, alone. */
static int
fetch(struct gv_proc *p, const char *name, const struct gv_buf *specs,
    int wait_ms, const struct gv_config *config)
{
	static const char *const begin[] = { "git", "-c",
		"core.askPass=", "fetch", "-q", "--refmap=", "--no-tags",
		"--no-auto-maintenance", "--no-write-fetch-head",
		"--no-recurse-submodules", "--", NULL };
	const char **argv = gv_refspec_argv(begin, name, specs);
	int r;

	if (argv == NULL)
		return gv_err_nomem();
	r = wait_ms ? gv_remote_run_apart(p, argv, wait_ms, config)
		    : gv_remote_run(p, argv, config);
	free(argv);
	return r;
}

/* With a time, for the keyring alone. */
static int
ask(const struct gv_remote *remote, const struct gv_config *config, int wait_ms)
{
	struct gv_buf name = GV_BUF_INIT, specs = GV_BUF_INIT;
	struct gv_refspec_part part = { .envs = NULL };
	struct gv_remote_ref map;
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_remote_ref_open(&map, config, remote->name, remote->len);

	gv_buf_add(&name, remote->name, remote->len);
	if (r < 0 || (r = gv_buf_check(&name)) < 0 ||
	    (r = gv_refspec_read(&part, config, &map)) < 0)
		goto out;
	r = wait_ms ? gv_refspec_add_keyring(&specs, &map)
		    : gv_refspec_add_sealed(&specs, &map, &part);
	if (r < 0 || (r = fetch(&p, name.p, &specs, wait_ms, config)) < 0)
		goto out;
	if (p.status)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
out:
	gv_proc_release(&p);
	gv_remote_ref_release(&map);
	free((void *)part.envs);
	gv_buf_release(&name);
	gv_buf_release(&specs);
	return r;
}

int
gv_remote_ask(const struct gv_remote *remote, const struct gv_config *config)
{
	return ask(remote, config, 0);
}

int
gv_remote_ask_keyring(
    const struct gv_remote *remote, const struct gv_config *config, int wait_ms)
{
	return ask(remote, config, wait_ms);
}

/* ---- the one that is meant ---- */

/* The remote of the branch; it may name an address in place of one. */
static const char *
remote_of_branch(const struct gv_repo *repo)
{
	static const char heads[] = "refs/heads/";
	struct gv_buf key = GV_BUF_INIT;
	const char *name = NULL;

	if (repo->head_ref && strncmp(repo->head_ref, heads, 11) == 0) {
		gv_buf_addf(&key, "branch.%s.remote", repo->head_ref + 11);
		if (gv_buf_check(&key) == 0)
			name = gv_config_get(&repo->config, key.p);
		gv_buf_release(&key);
	}
	return name && gv_remote_is(&repo->config, name, strlen(name)) ? name
								       : NULL;
}

int
gv_remote_default(char **out, const struct gv_repo *repo)
{
	const char *name = remote_of_branch(repo);
	struct gv_remote first, other;
	size_t at = 0;

	*out = NULL;
	if (name) {
		*out = strdup(name);
	} else if (!gv_remote_next(&first, &at, &repo->config)) {
		return gv_err(GV_EUSAGE,
		    "there is no remote to sync with: name one, or add it by "
		    "`git remote add`");
	} else if (!gv_remote_next(&other, &at, &repo->config)) {
		*out = strndup(first.name, first.len);
	} else if (gv_remote_is(&repo->config, "origin", 6)) {
		*out = strdup("origin");
	} else {
		return gv_err(GV_EUSAGE,
		    "there are several remotes, of which none is called origin "
		    "or is that of the branch: name the one to sync with, as "
		    "`git remote` lists them");
	}
	return *out ? 0 : gv_err_nomem();
}
