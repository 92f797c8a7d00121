#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * A fresh clone is held against the repository before anything is restored:
 * what the remote lacks, and locks that nobody holds any more, explain most of
 * what would go wrong later.
 */

#define LOCKED_LONG 86400 /* seconds after which nobody holds a lock */
#define DEEPEST     8     /* folders below .git that have lock files */

/* ---- locks --------------------------------------------------------------- */

static int
fail_locked(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_unjson_node *lock)
{
	const char *env = gv_unjson_get_text(lock, "environment");
	const char *stack = gv_unjson_get_text(lock, "stack");
	const char *actor = gv_unjson_get_text(lock, "actor");
	const char *time = gv_unjson_get_text(lock, "time");
	const char *detail, *next;

	if (env == NULL || stack == NULL)
		return 0;
	detail = gv_drill_text(run->drill, "the state %s/%s is locked%s%s%s%s",
	    env, stack, actor ? " by " : "", actor ? actor : "",
	    time ? " since " : "", time ? time : "");
	next = gv_drill_text(run->drill,
	    "git vault state unlock --env %s --stack %s --remote %s --force "
	    "--reason 'its holder is gone'",
	    env, stack, run->drill->remote);
	return detail && next
	    ? gv_drill_fail_as(run, step, "stale_lock", detail, next)
	    : GV_ENOMEM;
}

static bool
is_stale(const struct gv_unjson_node *lock)
{
	return gv_unjson_count(gv_unjson_get(lock, "age_seconds")) >
	    LOCKED_LONG;
}

int
gv_drill_locks(
    struct gv_drill_run *run, struct gv_drill_step *step, bool on_remote)
{
	const char *const there[] = { "state", "locks", "--remote", "origin",
		NULL };
	const char *const here[] = { "state", "locks", NULL };
	const struct gv_unjson_node *list, *one;
	struct gv_answer a;
	int r = gv_drill_ask(&a, run, on_remote ? there : here);

	if (r < 0)
		return r;
	list = a.doc && a.status == 0
	    ? gv_unjson_get(gv_unjson_root(a.doc), "locks")
	    : NULL;
	for (one = list ? list->first : NULL; r == 0 && one; one = one->next)
		if (is_stale(one))
			r = fail_locked(run, step, one);
	gv_answer_release(&a);
	return r;
}

static bool
is_lock(const char *name)
{
	const size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".lock") == 0;
}

/* The first lock file below a folder; nobody works in a clone but this drill,
 * and between two commands it has none. */
static int
find_lock(struct gv_buf *out, int dir, const char *path, int depth)
{
	struct gv_dir_names names = { .n = 0 };
	struct gv_buf at = GV_BUF_INIT;
	int fd, r = 0;
	size_t i;

	if (gv_dir_list(&names, dir) < 0)
		r = gv_err_sys("cannot read the directory %s", path);
	for (i = 0; r == 0 && out->len == 0 && i < names.n; i++) {
		const char *name = names.names[i].name;

		gv_buf_reset(&at);
		gv_buf_addf(&at, "%s/%s", path, name);
		if ((r = gv_buf_check(&at)) < 0)
			break;
		if (is_lock(name)) {
			gv_buf_add(out, at.p, at.len);
			r = gv_buf_check(out);
			continue;
		}
		fd = depth && strcmp(name, "objects") != 0
		    ? gv_dir_open(dir, name, strlen(name))
		    : -1;
		if (fd >= 0)
			r = find_lock(out, fd, at.p, depth - 1);
		gv_file_close(fd);
	}
	gv_buf_release(&at);
	gv_dir_names_release(&names);
	return r;
}

static int
look_for_lock_files(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *git = gv_drill_text(run->drill, "%s/.git", run->clone);
	struct gv_buf path = GV_BUF_INIT;
	const char *detail, *next;
	int dir, r;

	if (git == NULL)
		return GV_ENOMEM;
	if ((dir = gv_dir_open_root(git)) < 0)
		return gv_err_sys("cannot open %s", git);
	r = find_lock(&path, dir, ".git", DEEPEST);
	gv_file_close(dir);
	if (r == 0 && path.len) {
		detail = gv_drill_text(
		    run->drill, "%s was left in the clone", path.p);
		next = gv_drill_text(run->drill, "rm %s", path.p);
		r = detail && next
		    ? gv_drill_fail_as(run, step, "stale_lock", detail, next)
		    : GV_ENOMEM;
	}
	gv_buf_release(&path);
	return r;
}

/* ---- what the remote lacks ----------------------------------------------- */

static const char *const listing[] = { "for-each-ref",
	"--format=%(objectname) %(refname)", "refs/vault/keyring",
	"refs/vault/secrets", "refs/vault/state", NULL };

#define STATES  "refs/vault/state/"
#define KEYRING "refs/vault/keyring"

/* The id that a list has for a ref; NULL if it does not have it. */
static const char *
id_of(const struct gv_buf *list, const char *name, size_t len)
{
	const char *at = list->len ? list->p : "", *end, *ref;

	for (; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		ref = memchr(at, ' ', (size_t)(end - at));
		if (ref && (size_t)(end - ref) - 1 == len &&
		    memcmp(ref + 1, name, len) == 0)
			return at;
	}
	return NULL;
}

/* Whether the drill is about this ref: a state counts for its environment. */
static bool
is_asked(const struct gv_drill_run *run, const char *name, size_t len)
{
	const char *env = run->opts->env;
	const size_t front = sizeof(STATES) - 1;
	size_t n;

	if (env == NULL || len <= front || memcmp(name, STATES, front) != 0)
		return true;
	n = strlen(env);
	return len > front + n && memcmp(name + front, env, n) == 0 &&
	    name[front + n] == '/';
}

/* How many versions the clone's id is behind ours; 0 if it is not. */
static int
count_behind(uint64_t *out, struct gv_drill_run *run, const char *there,
    const char *here)
{
	const char *base =
	    gv_drill_text(run->drill, "%.*s", (int)strcspn(there, " "), there);
	const char *tip =
	    gv_drill_text(run->drill, "%.*s", (int)strcspn(here, " "), here);
	const char *range = gv_drill_text(
	    run->drill, "%s..%s", base ? base : "", tip ? tip : "");
	const char *const is_older[] = { "merge-base", "--is-ancestor", base,
		tip, NULL };
	const char *const count[] = { "rev-list", "--count", range, NULL };
	struct gv_buf n = GV_BUF_INIT;
	int r;

	*out = 0;
	if (base == NULL || tip == NULL || range == NULL)
		return GV_ENOMEM;
	if ((r = gv_drill_git_at_home(NULL, run, is_older)) != 0)
		return r < 0 ? r : 0;
	r = gv_drill_git_at_home(&n, run, count);
	if (r == 0 && n.len)
		*out = strtoull(n.p, NULL, 10);
	gv_buf_release(&n);
	return r < 0 ? r : 0;
}

static int
fail_missing(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *name, size_t len)
{
	const char *detail = gv_drill_text(run->drill,
	    "the remote has the snapshot, but not %.*s", (int)len, name);

	return detail ? gv_drill_fail_as(run, step, "half_synced", detail, NULL)
		      : GV_ENOMEM;
}

static int
fail_behind(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *name, size_t len, uint64_t n)
{
	const bool is_keyring =
	    len == strlen(KEYRING) && memcmp(name, KEYRING, len) == 0;
	const char *detail = gv_drill_text(run->drill,
	    "%.*s is %llu version%s behind the one here", (int)len, name,
	    (unsigned long long)n, n == 1 ? "" : "s");

	return detail
	    ? gv_drill_fail_as(run, step,
		  is_keyring ? "old_keyring" : "half_synced", detail, NULL)
	    : GV_ENOMEM;
}

/* Secrets that only later snapshots have may be missing: those of this one are
 * asked for at the stage of objects. */
static int
compare_ref(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_buf *theirs, const char *line, const char *end)
{
	const char *name = line + strcspn(line, " ") + 1, *there;
	const size_t len = (size_t)(end - name);
	uint64_t n;
	int r;

	if (!is_asked(run, name, len))
		return 0;
	there = id_of(theirs, name, len);
	if (there == NULL)
		return fail_missing(run, step, name, len);
	if (memcmp(there, line, (size_t)(name - line)) == 0 ||
	    strncmp(name, "refs/vault/secrets/", 19) == 0)
		return 0;
	r = count_behind(&n, run, there, line);
	return r < 0 || n == 0 ? r : fail_behind(run, step, name, len, n);
}

static int
compare_refs(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct gv_buf ours = GV_BUF_INIT, theirs = GV_BUF_INIT;
	const char *at, *end;
	int r;

	if ((r = gv_drill_git_at_home(&ours, run, listing)) < 0 ||
	    (r = gv_drill_git(&theirs, run, listing)) < 0)
		goto out;
	for (at = ours.len ? ours.p : ""; r == 0 && *at; at = end + 1) {
		end = at + strcspn(at, "\n");
		r = compare_ref(run, step, &theirs, at, end);
		if (*end == '\0')
			break;
	}
	if (r > 0)
		r = gv_err(GV_ERROR, "git cannot list the refs of the vault");
out:
	gv_buf_release(&ours);
	gv_buf_release(&theirs);
	return r;
}

int
gv_drill_refs(struct gv_drill_run *run, struct gv_drill_step *step)
{
	int r;

	if ((r = look_for_lock_files(run, step)) < 0 ||
	    (r = compare_refs(run, step)) < 0 ||
	    (r = gv_drill_locks(run, step, false)) < 0 ||
	    step->result == GV_DRILL_FAILED)
		return r;
	step->result = GV_DRILL_PASSED;
	step->detail = "the remote has what is here, and nothing is locked";
	return 0;
}
