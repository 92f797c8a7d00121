#ifndef GV_REMOTE_H
#define GV_REMOTE_H
/*
 * The remotes of a repository, as far as its vault goes: their names, and what
 * a fetch brought of their keyring and of what is sealed, which lands in
 * refs/vault-remote/<remote>/ and is merged by safe.h. Transport is git's.
 *
 *	while (gv_remote_next(&remote, &at, &repo->config))
 *		r = gv_remote_fetched(&refs, repo, &remote);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_config;
struct gv_proc;
struct gv_refs;
struct gv_remote_ref;
struct gv_repo;

struct gv_remote {
	const char *name; /* no NUL behind it; the configuration's */
	size_t len;
};

/* The next remote of the configuration's files, each once; *at begins at 0. */
bool gv_remote_next(
    struct gv_remote *out, size_t *at, const struct gv_config *config);

/* Whether there is one of this name, of `len` bytes. */
bool gv_remote_is(const struct gv_config *config, const char *name, size_t len);

/* Whether what is set for it is of a remote that was renamed or removed since:
 * there is none of that name, and it is no address either. */
bool
gv_remote_is_gone(const struct gv_config *config, const char *name, size_t len);

/* Whether there is one of this name: 0, or GV_EUSAGE with what to do. */
int gv_remote_check(const struct gv_config *config, const char *name);

/* The remote of the branch that is checked out, else the only one there is,
 * else origin, as git fetch chooses. 0; GV_EUSAGE where there is none of these;
 * GV_ENOMEM. The caller frees *out, by free(). */
int gv_remote_default(char **out, const struct gv_repo *repo);

/* What to do where there is no snapshot here, as the end of a sentence: of a
 * remote a sync may bring some, which no plain fetch does. */
const char *gv_remote_no_snapshot(const struct gv_config *config);

/* Whether two addresses are of one repository, however it is reached. */
bool gv_remote_is_same_place(const char *a, const char *b);

/* Whether git pushes by this name, of `len` bytes, to another place than that
 * which it fetches from, or to several: what a fetch brought does not say what
 * is there. Addresses are as git rewrites them (url.<base>.insteadOf and
 * pushInsteadOf). */
bool gv_remote_is_pushed_elsewhere(
    const struct gv_config *config, const char *name, size_t len);

/* Append the address, as git rewrites it, that git fetches from by this name,
 * or pushes to: the first of several. Where the configuration alone does not
 * tell, git is asked. `out` is empty before. 1; 0 where there is none;
 * GV_ENOMEM; as gv_proc_run(). */
int gv_remote_address(struct gv_buf *out, const struct gv_config *config,
    const char *name, bool is_push);

/* List what a fetch brought of a remote's keyring and of what is sealed there,
 * the keyring first. 0 or a failure; the caller releases *out. */
int gv_remote_fetched(struct gv_refs *out, const struct gv_repo *repo,
    const struct gv_remote *remote);

/* What a ref of that list is: the name of a scope, or NULL for the keyring. */
const char *gv_remote_scope(const char *ref, const struct gv_remote *remote);

/* What has git ask nobody, for its environment: put into `env`, and how many
 * they are. */
#define GV_REMOTE_ENV 6
size_t gv_remote_unattended(const char **env, const struct gv_config *config);

/* Run a git that talks to a remote (give it "-c core.askPass="). Nobody is
 * asked for a password, and after half a minute it is given up: GV_ERROR then,
 * or as gv_proc_run(). */
int gv_remote_run(
    struct gv_proc *p, const char *const *argv, const struct gv_config *config);

/* The same of a git-vault that talks to a remote by git: apart from the
 * terminal, and given up after `wait_ms` milliseconds. */
int gv_remote_run_apart(struct gv_proc *p, const char *const *argv, int wait_ms,
    const struct gv_config *config);

/* The same of a push, by these words behind "git push" (give it the remote's
 * name in them) and with these settings of the environment (at most two, NULL
 * behind the last; NULL: none): no ref here comes to be by it, or moves. */
int gv_remote_push(struct gv_proc *p, const struct gv_remote_ref *map,
    const char *const *words, const char *const *env,
    const struct gv_config *config);

/* Whether what git says of a ref that a push was to move is that another push
 * has just moved it, or is moving it: to be looked at again. */
bool gv_remote_is_race(const char *words);

/* Add ": " and what the remote has printed first, of what git printed on stderr
 * (the lines that begin with "remote: "), and where that ends in a colon the
 * next line behind it, without the name of a program that both begin with. As
 * the remote has it: no letter is made harmless. Nothing where it said nothing;
 * gv_buf_check() tells of a failure. */
void gv_remote_add_said(struct gv_buf *out, const char *err);

/* In place of a token in the path of an address. */
#define GV_REMOTE_WITHHELD "<withheld>"

/* Append a text without the credentials of the URLs in it: no user (a user
 * alone is kept for ssh, where it is the address), no password, no query, and
 * no part of a path that is as random as a token. */
void gv_remote_add_bare(struct gv_buf *out, const char *text);

/* Fetch these, in that way, in a clone of some environments no scopes of
 * others. 0; GV_ERROR with git's words, or where the
 * remote has a prefix that cannot be one. */
int
gv_remote_ask(const struct gv_remote *remote, const struct gv_config *config);

/* Fetch the keyring alone, in the same way, and give up after this many
 * milliseconds. As above. */
int gv_remote_ask_keyring(const struct gv_remote *remote,
    const struct gv_config *config, int wait_ms);

#endif
