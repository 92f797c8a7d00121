#include "rollback/rollback.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * A text of lines, each a word and what it says; the reason is the last, and
 * all that is left:
 *
 *	git-vault rollback 1
 *	env prod
 *	record 3
 *	good 0123…
 *	whole yes		or: part yes
 *	scope code,config
 *	snapshot 20250102T030405Z-0123abcd
 *	undoes 20250102T030405Z-0123abcd
 *	state network 0123…
 *	branch refs/heads/main
 *	head 0123…
 *	commit 0123…
 *	reason the new release lost orders
 */

#define MAGIC    "git-vault rollback 1\n"
#define MAX_NOTE ((size_t)1024 * 1024)

static int
note_path(struct gv_buf *out, const struct gv_repo *repo, const char *id)
{
	gv_buf_addf(out, "%s/rollback/%s/note", repo->vault_dir, id);
	return gv_buf_check(out);
}

int
gv_rollback_write(struct gv_rollback *job, const struct gv_rollback_note *note)
{
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;
	int r;

	gv_buf_addf(
	    &text, MAGIC "env %s\nrecord %u\n", note->env, note->record);
	if (!gv_oid_is_zero(&note->good)) {
		gv_oid_format(hex, &note->good);
		gv_buf_addf(&text, "good %s\n", hex);
	}
	if (note->is_whole)
		gv_buf_addstr(&text, "whole yes\n");
	if (note->is_part)
		gv_buf_addstr(&text, "part yes\n");
	/* who does not know this line would take back more, and stops at it */
	if (note->scope)
		gv_buf_addf(&text, "scope %s\n", note->scope);
	if (note->snapshot[0])
		gv_buf_addf(&text, "snapshot %s\n", note->snapshot);
	if (note->undoes[0])
		gv_buf_addf(&text, "undoes %s\n", note->undoes);
	for (i = 0; i < note->n_states; i++) {
		gv_oid_format(hex, &note->states[i].version);
		gv_buf_addf(&text, "state %s %s\n", note->states[i].stack, hex);
	}
	if (note->branch) {
		gv_buf_addf(&text, "branch %s\n", note->branch);
		gv_oid_format(hex, &note->head);
		gv_buf_addf(&text, "head %s\n", hex);
		gv_oid_format(hex, &note->commit);
		gv_buf_addf(&text, "commit %s\n", hex);
	}
	if (note->reason)
		gv_buf_addf(&text, "reason %s\n", note->reason);
	gv_buf_addf(&path, "%s/note", gv_rollback_dir(job));
	if ((r = gv_buf_check(&text)) == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, true);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}

/* ---- read --------------------------------------------------------------- */

static bool
set_id(char out[GV_RECORD_ID_LEN + 1], const char *text)
{
	if (!gv_record_is_id(text, strlen(text)))
		return false;
	memcpy(out, text, GV_RECORD_ID_LEN + 1);
	return true;
}

/* "STACK VERSION"; `states` has room. */
static bool
set_state(struct gv_rollback_state *s, char *text)
{
	char *blank = strchr(text, ' ');

	if (blank == NULL || strlen(blank + 1) != GV_OID_HEX)
		return false;
	*blank = '\0';
	s->stack = text;
	return gv_oid_parse(&s->version, blank + 1) == 0;
}

static bool
set_line(
    struct gv_rollback_note *out, struct gv_rollback_state *states, char *line)
{
	char *value = strchr(line, ' ');

	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(line, "env") == 0)
		out->env = value;
	else if (strcmp(line, "record") == 0)
		out->record = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(line, "snapshot") == 0)
		return set_id(out->snapshot, value);
	else if (strcmp(line, "undoes") == 0)
		return set_id(out->undoes, value);
	else if (strcmp(line, "good") == 0)
		return gv_oid_parse(&out->good, value) == 0;
	else if (strcmp(line, "whole") == 0)
		out->is_whole = strcmp(value, "yes") == 0;
	else if (strcmp(line, "part") == 0)
		out->is_part = strcmp(value, "yes") == 0;
	else if (strcmp(line, "scope") == 0)
		out->scope = value;
	else if (strcmp(line, "branch") == 0)
		out->branch = value;
	else if (strcmp(line, "head") == 0)
		return gv_oid_parse(&out->head, value) == 0;
	else if (strcmp(line, "commit") == 0)
		return gv_oid_parse(&out->commit, value) == 0;
	else if (strcmp(line, "state") == 0)
		return set_state(&states[out->n_states++], value);
	else
		return false;
	return true;
}

/* `text` is the note's own, and is cut. */
static int
parse(struct gv_rollback_note *out, char *text)
{
	struct gv_rollback_state *states;
	size_t n = 1;
	char *p, *end;

	for (p = text; *p; p++)
		n += *p == '\n';
	states = gv_arena_alloc(&out->arena, n * sizeof(*states));
	if (states == NULL)
		return gv_err_nomem();
	out->states = states;
	if (strncmp(text, MAGIC, strlen(MAGIC)) != 0)
		return GV_ECORRUPT;
	for (p = text + strlen(MAGIC); *p; p = end + 1) {
		if (strncmp(p, "reason ", 7) == 0) {
			out->reason = p + 7;
			p[strlen(p) - 1] = '\0';
			break;
		}
		end = strchr(p, '\n');
		if (end == NULL)
			return GV_ECORRUPT;
		*end = '\0';
		if (!set_line(out, states, p))
			return GV_ECORRUPT;
	}
	if (out->branch &&
	    (gv_oid_is_zero(&out->head) || gv_oid_is_zero(&out->commit)))
		return GV_ECORRUPT;
	return out->env ? 0 : GV_ECORRUPT;
}

int
gv_rollback_load(
    struct gv_rollback_note *out, const struct gv_repo *repo, const char *id)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *own = NULL;
	int r = note_path(&path, repo, id);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_NOTE);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_ENOTFOUND, "no rollback %s was done here", id);
	if (r == 0) {
		own = gv_arena_copy(&out->arena, text.p, text.len);
		r = own ? parse(out, own) : gv_err_nomem();
		if (r == GV_ECORRUPT)
			gv_err(r, "%s is damaged", path.p);
	}
	if (r == 0 && !set_id(out->id, id))
		r = gv_err(GV_EUSAGE, "'%s' is not the id of a rollback", id);
	if (r < 0)
		gv_rollback_note_release(out);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

void
gv_rollback_note_release(struct gv_rollback_note *note)
{
	if (note == NULL)
		return;
	gv_arena_release(&note->arena);
	memset(note, 0, sizeof(*note));
}
