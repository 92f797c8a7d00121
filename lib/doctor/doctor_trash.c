#include "doctor/doctor_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/record_load.h"
#include "record/trash.h"

/*
 * Reports what 'git vault undelete' could not bring back, while another clone
 * may still have it. Verify checks the files of the snapshots.
 */

/* Report a sentence of gv_trash_load(). The command at its end becomes the
 * hint. */
static int
add_damaged(struct gv_doctor *d, char *line)
{
	static const char mark[] = "; to drop it: ";
	char *command = strstr(line, mark);

	if (command)
		*command = '\0';
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "trash_damaged",
	    command ? command + strlen(mark) : NULL, "%s", line);
}

static int
add_all_damaged(struct gv_doctor *d, char *line)
{
	char *end;
	int r = 0;

	for (; r == 0 && line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		r = add_damaged(d, line);
	}
	return r;
}

/* Snapshots whose commit or top tree cannot be read. */
static int
look_at_items(struct gv_doctor *d, const struct gv_trash *trash)
{
	const struct gv_trash_item *first = NULL;
	struct gv_record rec = { 0 };
	char *why = NULL;
	size_t i, n = 0;
	int r = 0;

	for (i = 0; r == 0 && i < trash->n; i++) {
		r = gv_record_load(&rec, d->repo, &trash->items[i].commit);
		gv_record_release(&rec);
		if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
			continue;
		r = 0;
		if (n++ > 0)
			continue;
		first = &trash->items[i];
		why = gv_err_save();
	}
	if (r == 0 && n)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "trash_unreadable",
		    "git vault repair",
		    "%zu snapshot%s in the trash cannot be brought back, such "
		    "as %s: %s",
		    n, n == 1 ? "" : "s", first->id, why ? why : "damaged");
	free(why);
	return r;
}

int
gv_doctor_trash(struct gv_doctor *d)
{
	struct gv_trash trash = { .n = 0 };
	struct gv_buf damaged = GV_BUF_INIT;
	int r = gv_trash_load(&trash, d->repo, &damaged);

	if (r == 0 && (r = add_all_damaged(d, damaged.p)) == 0)
		r = look_at_items(d, &trash);
	gv_trash_release(&trash);
	gv_buf_release(&damaged);
	return r;
}
