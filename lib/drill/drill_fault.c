#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"
#include "sys/dir.h"
#include "sys/file.h"

#define PACK_MOST ((size_t)1 << 31)

/* Only the clone is broken, never the repository or the remote. */

const char *const gv_drill_faults[GV_DRILL_FAULTS + 1] = { "none",
	"corrupt-object", "missing-object", "missing-key", "lost-ref",
	"truncated-state", "stale-lock", "half-sync", "old-keyring",
	"disk-full", "slow-remote", "clock-skew", NULL };

int
gv_drill_must(
    struct gv_drill_run *run, const char *const *args, struct gv_buf *out)
{
	int r = gv_drill_git(out, run, args);

	return r > 0 ? gv_err(GV_ERROR, "git %s failed in the clone", args[0])
		     : r;
}

const char *
gv_drill_line(size_t *len, const struct gv_buf *lines, uint64_t number)
{
	const char *line = lines->p;
	uint64_t n = 0;
	size_t at;

	for (at = 0; at < lines->len; at++)
		n += lines->p[at] == '\n';
	if (n == 0)
		return NULL;
	for (number %= n; number; number--)
		line = strchr(line, '\n') + 1;
	*len = strcspn(line, "\n");
	return line;
}

/* An object that the snapshot has files in, by the seed: one of those that
 * `git rev-list --objects` lists of its tree. */
static int
choose(struct gv_buf *out, struct gv_drill_run *run)
{
	const char *tree = gv_drill_text(
	    run->drill, "refs/vault/snapshots/%s:tree", run->drill->snapshot);
	const char *const args[] = { "rev-list", "--objects",
		"--no-object-names", tree, NULL };
	struct gv_buf list = GV_BUF_INIT;
	const char *line;
	size_t len;
	int r = tree ? gv_drill_must(run, args, &list) : GV_ENOMEM;

	if (r < 0)
		goto out;
	line = gv_drill_line(&len, &list, run->opts->seed);
	if (line) {
		gv_buf_add(out, line, len);
		r = gv_buf_check(out);
	} else {
		r = gv_err(GV_EREFUSED, "the snapshot has no object to break");
	}
out:
	gv_buf_release(&list);
	return r;
}

/* Feed a pack, which lies aside by now, to git. */
static int
unpack(struct gv_drill_run *run, int objects, const char *pack)
{
	static const char *const args[] = { "unpack-objects", "-q", NULL };
	struct gv_buf bytes = GV_BUF_INIT;
	int r = gv_file_read(&bytes, objects, pack, PACK_MOST);

	if (r == 0)
		r = gv_drill_git_feed(NULL, run, args, bytes.p, bytes.len);
	if (r > 0)
		r = gv_err(GV_ERROR, "git cannot unpack %s of the clone", pack);
	gv_buf_release(&bytes);
	return r;
}

static int
unpack_aside(struct gv_drill_run *run, int objects)
{
	struct gv_dir_names names = { .n = 0 };
	char path[512];
	int fd = gv_dir_open(objects, "aside", 5), r = 0;
	size_t i;

	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		r = gv_err_sys("cannot read the packs of the clone");
	gv_file_close(fd);
	for (i = 0; r == 0 && i < names.n; i++) {
		const char *dot = strrchr(names.names[i].name, '.');

		if (dot == NULL || strcmp(dot, ".pack") != 0)
			continue;
		(void)snprintf(
		    path, sizeof(path), "aside/%s", names.names[i].name);
		r = unpack(run, objects, path);
	}
	gv_dir_names_release(&names);
	return r;
}

/* Take all objects out of their packs, so that one of them is a file. */
static int
unpack_all(struct gv_drill_run *run)
{
	const char *dir =
	    gv_drill_text(run->drill, "%s/.git/objects", run->clone);
	int objects, r;

	if (dir == NULL)
		return GV_ENOMEM;
	if ((objects = gv_dir_open_root(dir)) < 0)
		return gv_err_sys("cannot open %s", dir);
	if (gv_file_rename_new(objects, "pack", "aside") < 0)
		r = gv_err_sys("cannot move the packs of the clone");
	else if ((r = gv_file_mkdirs(objects, "pack", 0777)) == 0 &&
	    (r = unpack_aside(run, objects)) == 0 &&
	    (r = gv_file_remove_tree(objects, "aside")) == 0)
		r = gv_file_remove_tree(objects, "info/commit-graphs");
	gv_file_close(objects);
	return r;
}

static int
break_object(struct gv_drill_run *run)
{
	struct gv_buf id = GV_BUF_INIT, path = GV_BUF_INIT, bytes = GV_BUF_INIT;
	int r = choose(&id, run);

	if (r == 0 && (r = unpack_all(run)) == 0) {
		gv_buf_addf(&path, "%s/.git/objects/%.2s/%s", run->clone, id.p,
		    id.p + 2);
		r = gv_buf_check(&path);
	}
	if (r == 0 && run->opts->fault == GV_DRILL_CORRUPT_OBJECT &&
	    (r = gv_file_read(&bytes, AT_FDCWD, path.p, 1 << 26)) == 0) {
		bytes.p[bytes.len / 2] ^= 0x20;
		bytes.p[bytes.len - 1] ^= 0x01;
	}
	if (r == 0 && (r = gv_file_remove_tree(AT_FDCWD, path.p)) == 0 &&
	    bytes.len)
		r = gv_file_replace(
		    AT_FDCWD, path.p, bytes.p, bytes.len, 0444, false);
	gv_buf_release(&id);
	gv_buf_release(&path);
	gv_buf_release(&bytes);
	return r;
}

int
gv_drill_break(struct gv_drill_run *run)
{
	const char *ref = gv_drill_text(
	    run->drill, "refs/vault/snapshots/%s", run->drill->snapshot);
	const char *const lose[] = { "update-ref", "-d", ref, NULL };

	if (ref == NULL)
		return GV_ENOMEM;
	switch (run->opts->fault) {
	case GV_DRILL_LOST_REF:
		return gv_drill_must(run, lose, NULL);
	case GV_DRILL_CORRUPT_OBJECT:
	case GV_DRILL_MISSING_OBJECT:
		return break_object(run);
	default:
		return gv_drill_damage(run);
	}
}
