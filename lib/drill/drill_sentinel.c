#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/time.h"
#include "drill/drill_internal.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"

/*
 * A file that nobody has ever seen is made before a snapshot is chosen. The
 * clone saves it before the restore and loses it, and has to give it back
 * afterwards: so the keys and the policy that came with the clone also make new
 * backups, and a recovery takes nothing away of them. In the clone it goes with
 * it.
 */

#define NAME "git-vault-drill.env"

/* Where it is kept meanwhile: next to the clone. */
static const char *
kept_at(struct gv_drill_run *run)
{
	return gv_drill_text(run->drill, "%s/sentinel", run->opts->dir);
}

int
gv_drill_sentinel_make(struct gv_drill_run *run)
{
	unsigned char random[16];
	struct gv_buf text = GV_BUF_INIT;
	const char *path = kept_at(run);
	size_t i;
	int r = path ? gv_clock_random(random, sizeof(random)) : GV_ENOMEM;

	if (r < 0)
		return r;
	gv_buf_addstr(&text, "DRILL_PASSWORD=");
	for (i = 0; i < sizeof(random); i++)
		gv_buf_addf(&text, "%02x", random[i]);
	gv_buf_addstr(&text, "\n");
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path, text.p, text.len, 0600, false);
	gv_buf_release(&text);
	return r;
}

/* The folder of a file, with the slash behind it; "" at the top. */
static const char *
folder_of(struct gv_drill_run *run, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return gv_drill_text(run->drill, "%.*s",
	    slash ? (int)(slash - path) + 1 : 0, path ? path : "");
}

int
gv_drill_sentinel_name(struct gv_drill_run *run)
{
	const char *const args[] = { "env", NULL };
	const struct gv_unjson_node *list, *one;
	const char *folder = "", *name;
	struct gv_answer a;
	int r = run->opts->env ? gv_drill_ask(&a, run, args) : 0;

	if (r == 0 && run->opts->env) {
		list = a.doc
		    ? gv_unjson_get(gv_unjson_root(a.doc), "environments")
		    : NULL;
		for (one = list ? list->first : NULL; one; one = one->next)
			if ((name = gv_unjson_get_text(one, "name")) &&
			    strcmp(name, run->opts->env) == 0)
				folder = folder_of(
				    run, gv_unjson_get_text(one, "example"));
		gv_answer_release(&a);
	}
	if (r == 0 && folder)
		run->sentinel = gv_drill_text(run->drill, "%s" NAME, folder);
	return r < 0 ? r : run->sentinel ? 0 : GV_ENOMEM;
}

/* Run one command that has to work. 1, with *id the snapshot that it named; 0
 * where it failed, and the step says so. */
static int
must(struct gv_drill_run *run, struct gv_drill_step *step,
    const char *const *args, const char **id)
{
	struct gv_answer a;
	const char *name;
	bool is_own;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	if (a.status == 5 &&
	    gv_drill_answer_sealed(&is_own, run, &a, "sealed") && !is_own) {
		step->result = GV_DRILL_COULD_NOT;
		step->detail = "a new file would be of a scope that this key "
			       "does not open";
	} else if (a.status != 0) {
		r = gv_drill_fail_by(run, step, &a);
	} else {
		r = 1;
		name = a.doc ? gv_unjson_get_text(gv_unjson_root(a.doc), "id")
			     : NULL;
		if (id) {
			*id = gv_drill_text(run->drill, "%s", name ? name : "");
			r = *id ? 1 : GV_ENOMEM;
		}
	}
	gv_answer_release(&a);
	return r;
}

/* Its path in the clone; NULL without memory. */
static const char *
path_of(struct gv_drill_run *run)
{
	return gv_drill_text(run->drill, "%s/%s", run->clone, run->sentinel);
}

/* Whether the folder of the file is one in the clone, or can be made there: a
 * link that somebody pushed in its place may lead anywhere. */
static bool
is_inside(const struct gv_drill_run *run)
{
	const char *path = run->sentinel, *slash = path;
	const int root = gv_dir_open_root(run->clone);
	bool is = root >= 0, is_new = false;
	struct stat st;

	for (; is && !is_new && (slash = strchr(slash, '/')); slash++) {
		is_new =
		    gv_dir_stat(root, path, (size_t)(slash - path), &st) < 0;
		is = is_new ? errno == ENOENT : S_ISDIR(st.st_mode);
	}
	gv_file_close(root);
	return is;
}

static int
put_in_clone(struct gv_drill_run *run)
{
	const char *from = kept_at(run), *to = path_of(run);
	const char *folder = to ? folder_of(run, to) : NULL;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (from == NULL || folder == NULL)
		return GV_ENOMEM;
	if ((r = gv_file_mkdirs(AT_FDCWD, folder, 0777)) == 0 &&
	    (r = gv_file_read(&text, AT_FDCWD, from, 4096)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, to, text.p, text.len, 0600, false);
	gv_buf_release(&text);
	return r;
}

int
gv_drill_save(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *only =
	    gv_drill_text(run->drill, ":(top,literal)%s", run->sentinel);
	/* by itself, so that no state of the fresh clone is saved */
	const char *const args[] = { "snapshot", "--only", only, "--message",
		"a drill: file that nobody has seen before", NULL };
	const char *path = path_of(run);
	int r = only && path ? 0 : GV_ENOMEM;

	if (r == 0 && !is_inside(run))
		return gv_drill_fail_at(run, step,
		    "the folder of the environment is a link in the clone");
	if (r == 0)
		r = put_in_clone(run);
	if (r < 0 || (r = must(run, step, args, &run->sentinel_id)) <= 0)
		return r;
	if (gv_file_remove_tree(AT_FDCWD, path) < 0)
		return GV_ERROR;
	step->result = GV_DRILL_PASSED;
	step->detail = "the clone saved a file that was made before, and lost "
		       "it";
	return 0;
}

static int
compare(struct gv_drill_run *run, struct gv_drill_step *step, const char *path)
{
	const char *kept = kept_at(run);
	struct gv_buf was = GV_BUF_INIT, back = GV_BUF_INIT;
	int r = kept ? gv_file_read(&was, AT_FDCWD, kept, 4096) : GV_ENOMEM;

	if (r < 0)
		return r;
	r = gv_file_read(&back, AT_FDCWD, path, 4096);
	if (r == 0 && gv_buf_equal(&back, &was)) {
		step->result = GV_DRILL_PASSED;
		step->detail = "a file made before the choice came back as it "
			       "was";
	} else if (r != GV_ENOMEM) {
		r = gv_drill_fail_at(run, step,
		    "a file made before the choice did not come back as it "
		    "was");
	}
	gv_buf_release(&was);
	gv_buf_release(&back);
	return r;
}

/* The id of a snapshot says when its host took it: now, by our own clock. */
static int
look_at_clock(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const int64_t now = run->opts->now +
	    ((int64_t)(gv_clock_tick() / 1000000) - run->begin) / 1000;
	int64_t taken, off;
	const char *detail;

	if (gv_time_parse_compact(&taken, run->sentinel_id) < 0)
		return 0;
	off = taken > now ? taken - now : now - taken;
	if (off <= GV_DRILL_SKEW + (now - run->opts->now))
		return 0;
	detail = gv_drill_text(run->drill,
	    "the clock of the clone is %lld s %s this one's", (long long)off,
	    taken > now ? "ahead of" : "behind");
	return detail ? gv_drill_fail_as(run, step, "clock_skew", detail, NULL)
		      : GV_ENOMEM;
}

int
gv_drill_sentinel(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const back[] = { "restore", run->sentinel_id, "--in-place",
		run->sentinel, NULL };
	const char *path = path_of(run);
	int r;

	if (path == NULL)
		return GV_ENOMEM;
	if (run->sentinel_id == NULL) {
		step->result = GV_DRILL_COULD_NOT;
		step->detail = "the file was not saved, see the stage save";
		return 0;
	}
	if ((r = must(run, step, back, NULL)) <= 0 ||
	    (r = compare(run, step, path)) < 0)
		return r;
	/* the tools that follow are to see what the snapshot has */
	if (gv_file_remove_tree(AT_FDCWD, path) < 0)
		return GV_ERROR;
	return step->result == GV_DRILL_PASSED ? look_at_clock(run, step) : 0;
}
