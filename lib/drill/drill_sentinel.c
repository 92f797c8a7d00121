#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "drill/drill_internal.h"
#include "sys/clock.h"
#include "sys/file.h"

/*
 * A file that nobody has ever seen is saved by the clone, lost, and restored:
 * so the keys and the policy that came with the clone also make new backups.
 * It stays in the clone, and goes with it.
 */

#define NAME "git-vault-drill.env"

/* The folder of a file, with the slash behind it; "" at the top. */
static const char *
folder_of(struct gv_drill_run *run, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return gv_drill_text(run->drill, "%.*s",
	    slash ? (int)(slash - path) + 1 : 0, path ? path : "");
}

/* Where the file is made, from the top of the clone: beside a file of the
 * environment, so that a key of this one alone reads it. NULL without memory.
 */
static int
choose_name(const char **out, struct gv_drill_run *run)
{
	const char *const args[] = { "env", NULL };
	const struct gv_unjson_node *list, *one;
	const char *folder = "", *name;
	struct gv_answer a;
	int r = run->opts->env ? gv_drill_ask(&a, run, args) : 0;

	*out = NULL;
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
		*out = gv_drill_text(run->drill, "%s" NAME, folder);
	return r < 0 ? r : *out ? 0 : GV_ENOMEM;
}

static int
write_it(struct gv_buf *text, const char *path)
{
	unsigned char random[16];
	size_t i;
	int r = gv_clock_random(random, sizeof(random));

	if (r < 0)
		return r;
	gv_buf_addstr(text, "DRILL_PASSWORD=");
	for (i = 0; i < sizeof(random); i++)
		gv_buf_addf(text, "%02x", random[i]);
	gv_buf_addstr(text, "\n");
	if ((r = gv_buf_check(text)) < 0)
		return r;
	return gv_file_replace(AT_FDCWD, path, text->p, text->len, 0600, false);
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

static int
compare(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_buf *text, const char *path)
{
	struct gv_buf back = GV_BUF_INIT;
	int r = gv_file_read(&back, AT_FDCWD, path, 4096);

	if (r == 0 && gv_buf_equal(&back, text)) {
		step->result = GV_DRILL_PASSED;
		step->detail = "a file made now was saved, lost and restored";
	} else if (r != GV_ENOMEM) {
		r = gv_drill_fail_at(
		    run, step, "a file made now did not come back as it was");
	}
	gv_buf_release(&back);
	return r;
}

/* The id of a snapshot says when its host took it: now, by our own clock. */
static int
look_at_clock(
    struct gv_drill_run *run, struct gv_drill_step *step, const char *id)
{
	const int64_t now = run->opts->now +
	    ((int64_t)(gv_clock_tick() / 1000000) - run->begin) / 1000;
	int64_t taken, off;
	const char *detail;

	if (gv_time_parse_compact(&taken, id) < 0)
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
	static const char *const save[] = { "snapshot", "--message",
		"a drill: file that nobody has seen before", NULL };
	const char *id = "", *name, *path = NULL;
	struct gv_buf text = GV_BUF_INIT;
	int r = choose_name(&name, run);

	if (r == 0)
		path = gv_drill_text(run->drill, "%s/%s", run->clone, name);
	if (r == 0)
		r = path ? write_it(&text, path) : GV_ENOMEM;
	if (r == 0)
		r = must(run, step, save, &id);
	if (r > 0)
		r = gv_file_remove_tree(AT_FDCWD, path) < 0 ? GV_ERROR : 1;
	if (r > 0) {
		const char *const back[] = { "restore", id, "--in-place", name,
			NULL };

		r = must(run, step, back, NULL);
	}
	if (r > 0)
		r = compare(run, step, &text, path);
	/* the tools that follow are to see what the snapshot has */
	if (r == 0 && path && gv_file_remove_tree(AT_FDCWD, path) < 0)
		r = GV_ERROR;
	if (r == 0 && step->result == GV_DRILL_PASSED)
		r = look_at_clock(run, step, id);
	gv_buf_release(&text);
	return r;
}
