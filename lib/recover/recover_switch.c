#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "doc/doc.h"
#include "recover/recover_internal.h"
#include "sys/file.h"

/*
 * A switch moves a pointer: a value in a file, such as the name of the region
 * that takes the traffic. The value before is in the journal before the file
 * changes, so that the way back is known whatever happens in between.
 */

#define MOST ((size_t)16 * 1024 * 1024) /* bytes of a file */

struct place {
	struct gv_buf text;
	struct gv_doc doc;
	uint32_t node;
	bool is_read;
};

static void
release(struct place *at)
{
	if (at->is_read)
		gv_doc_release(&at->doc);
	gv_buf_release(&at->text);
}

/* 1 with the node; 0 with the job failed. To be released in any case. */
static int
find(struct place *at, struct gv_recover_job *job, const char *file,
    const char *key)
{
	enum gv_doc_format format;
	int r;

	*at = (struct place){ .text = GV_BUF_INIT };
	if ((r = gv_recover_file_read(&at->text, job, file, MOST)) <= 0)
		return r;
	if (!gv_doc_format_of(&format, file, at->text.p, at->text.len))
		return gv_recover_fail(
		    job, "%s is of no format that has keys", file);
	r = gv_doc_read(&at->doc, format, at->text.p, at->text.len, NULL);
	if (r < 0)
		return r;
	at->is_read = true;
	at->node = gv_doc_find(&at->doc, GV_DOC_NONE, key);
	if (at->node != GV_DOC_NONE)
		at->node = gv_doc_follow(&at->doc, at->node);
	return at->node == GV_DOC_NONE
	    ? gv_recover_fail(job, "%s has no key '%s'", file, key)
	    : 1;
}

int
gv_recover_key_get(struct gv_buf *out, struct gv_recover_job *job,
    const char *file, const char *key)
{
	struct place at;
	int r = find(&at, job, file, key);

	if (r > 0) {
		gv_doc_text(out, &at.doc, at.node);
		r = gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
	}
	release(&at);
	return r;
}

int
gv_recover_key_raw(struct gv_buf *out, struct gv_recover_job *job,
    const char *file, const char *key)
{
	const struct gv_doc_node *n;
	struct place at;
	int r = find(&at, job, file, key);

	if (r > 0) {
		n = &at.doc.nodes[at.node];
		gv_buf_add(out, at.doc.text + n->at, n->len);
		r = gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
	}
	release(&at);
	return r;
}

static int
write_it(struct gv_recover_job *job, struct place *at, const char *value)
{
	struct gv_buf now = GV_BUF_INIT;
	struct stat st;
	const char *path;
	int fd = -1, r = gv_recover_path(&path, job, job->s.file);

	if (r <= 0)
		return r;
	r = gv_doc_set_as(&now, &at->doc, at->node, value,
	    value == job->old ? job->raw : NULL);
	if (r == 0 && job->how->is_rehearsal) {
		r = gv_recover_box_write(job, job->s.file, &now);
	} else if (r == 0 &&
	    (r = gv_file_open(&fd, &st, AT_FDCWD, path)) == 0) {
		gv_file_close(fd);
		r = gv_file_replace(
		    AT_FDCWD, path, now.p, now.len, st.st_mode & 07777, true);
	}
	gv_buf_release(&now);
	if (r < 0)
		r = gv_err_in(r, "%s of %s", job->s.key, job->s.file);
	return gv_recover_fail_by(job, r);
}

/* Set the key to a value, unless it has it. */
static int
set(struct gv_recover_job *job, const char *value)
{
	pthread_mutex_t *lock = &job->run->switching;
	struct place at;
	int r;

	/* a step beside this one may switch another key of the file */
	pthread_mutex_lock(lock);
	r = find(&at, job, job->s.file, job->s.key);
	if (r > 0)
		r = gv_doc_is(&at.doc, at.node, value)
		    ? 0
		    : write_it(job, &at, value);
	pthread_mutex_unlock(lock);
	release(&at);
	return r;
}

/* A check before or after it: 1 if it holds or is not given. */
static int
holds(struct gv_recover_job *job, const struct gv_plan_probe *probe)
{
	return probe ? gv_recover_probe(job, probe) : 1;
}

/* The check behind it does not hold: nothing points to what does not work. */
static int
undo(struct gv_recover_job *job)
{
	const char *why = job->detail;
	int r;

	job->result = GV_PLAN_PASSED;
	r = job->s.file ? set(job, job->old) : gv_recover_command_back(job);
	if (r < 0)
		return r;
	if (job->result == GV_PLAN_PASSED)
		return gv_recover_fail(job, "%s; it was switched back", why);
	return gv_recover_fail(
	    job, "%s; and it could not be switched back: %s", why, job->detail);
}

int
gv_recover_switch(struct gv_recover_job *job)
{
	int r = holds(job, job->s.before);

	if (r <= 0)
		return r;
	r = job->s.file ? set(job, job->s.to) : gv_recover_command(job);
	if (r < 0 || job->result != GV_PLAN_PASSED)
		return r;
	r = holds(job, job->s.after);
	if (r != 0)
		return r < 0 ? r : 0;
	return undo(job);
}

/* What somebody has switched further since stays. */
int
gv_recover_switch_back(struct gv_recover_job *job)
{
	struct gv_buf now = GV_BUF_INIT;
	int r;

	if (job->old == NULL)
		return 0;
	r = gv_recover_key_get(&now, job, job->s.file, job->s.key);
	if (r > 0 && strcmp(now.p, job->old) == 0)
		r = 0;
	else if (r > 0 && strcmp(now.p, job->s.to) == 0)
		r = set(job, job->old);
	else if (r > 0)
		r = gv_recover_fail(job,
		    "%s of %s was changed since the run switched it, so it "
		    "stays",
		    job->s.key, job->s.file);
	gv_buf_release(&now);
	return r;
}
