#include "record/pin.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/record_id.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * .git/vault/pins: "+ID" or "-ID", a line each, of which the last counts. Lines
 * are only ever appended, so that two working trees need no common lock.
 */

#define LINE     (1 + GV_RECORD_ID_LEN)
#define MAX_FILE ((size_t)64 << 20)

static int
path_of(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/vault/pins", repo->common_dir);
	return gv_buf_check(out);
}

static int
take_line(struct gv_pins *pins, const char *line, size_t len)
{
	char *id;

	if (len != LINE || !gv_record_is_id(line + 1, GV_RECORD_ID_LEN))
		return 0;
	if (*line == '-') {
		(void)gv_map_del(&pins->ids, line + 1, GV_RECORD_ID_LEN);
		return 0;
	}
	id = gv_arena_copy(&pins->arena, line + 1, GV_RECORD_ID_LEN);
	return id ? gv_map_put(&pins->ids, id, GV_RECORD_ID_LEN, id)
		  : GV_ENOMEM;
}

int
gv_pins_load(struct gv_pins *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	const char *p;
	size_t len;
	int r;

	*out = (struct gv_pins){ .ids = GV_MAP_INIT, .arena = GV_ARENA_INIT };
	if ((r = path_of(&path, repo)) < 0)
		goto out;
	if (gv_file_exists(AT_FDCWD, path.p))
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX_FILE);
	for (p = text.p; r == 0 && *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		r = take_line(out, p, len);
	}
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	if (r < 0)
		gv_pins_release(out);
	return r;
}

bool
gv_pins_has(const struct gv_pins *pins, const char *id)
{
	return gv_map_get(&pins->ids, id, strlen(id)) != NULL;
}

void
gv_pins_release(struct gv_pins *pins)
{
	if (pins == NULL)
		return;
	gv_map_release(&pins->ids);
	gv_arena_release(&pins->arena);
}

int
gv_pin_note(const struct gv_repo *repo, const char *const *ids, size_t n,
    bool is_pinned)
{
	struct gv_buf path = GV_BUF_INIT, lines = GV_BUF_INIT;
	struct gv_pins pins = { .ids = GV_MAP_INIT };
	size_t i;
	int r = gv_pins_load(&pins, repo);

	for (i = 0; r == 0 && i < n; i++)
		if (gv_pins_has(&pins, ids[i]) != is_pinned)
			gv_buf_addf(
			    &lines, "%c%s\n", is_pinned ? '+' : '-', ids[i]);
	if (r < 0 || lines.len == 0)
		goto out;
	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0 ||
	    (r = gv_buf_check(&lines)) < 0)
		goto out;
	gv_buf_reset(&path);
	if ((r = path_of(&path, repo)) == 0)
		r = gv_file_append_lines(path.p, lines.p, lines.len);
out:
	gv_pins_release(&pins);
	gv_buf_release(&path);
	gv_buf_release(&lines);
	return r;
}
