#include "git-vault/front/manual.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/guide.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"

#define WIDTH       80 /* columns of a usage */
#define USAGE_FRONT 11 /* of its further lines, behind "usage: " */
#define HELP_FRONT  28 /* likewise, where the help of an option begins */

/* Where to break a line that is too long: the last space that has room in front
 * of it, outside brackets if there is one. 0: nowhere. */
static size_t
break_of(const char *line, size_t len, size_t front, size_t room)
{
	size_t i, width = 0, inside = 0, outside = 0;
	int depth = 0;

	for (i = 0; i < len; i++) {
		depth += line[i] == '[' || line[i] == '(';
		depth -= line[i] == ']' || line[i] == ')';
		if (line[i] == ' ' && i >= front && width <= room) {
			inside = i;
			outside = depth == 0 ? i : outside;
		}
		width += ((unsigned char)line[i] & 0xc0) != 0x80;
	}
	return width <= room ? 0 : outside > front ? outside : inside;
}

/* Append a text with its lines broken. */
static void
add_wrapped(struct gv_buf *out, const char *text)
{
	size_t len, at, front;

	for (; *text; text += len + (text[len] == '\n')) {
		const char *line = text;
		size_t left, used = 0;
		const bool is_usage = strncmp(line, "usage:", 6) == 0 ||
		    strncmp(line, "   or:", 6) == 0;

		len = left = strcspn(text, "\n");
		front = is_usage ? USAGE_FRONT : HELP_FRONT;
		while ((at = break_of(
			    line, left, used ? 0 : front, WIDTH - used)) > 0) {
			gv_buf_addf(
			    out, "%*s%.*s\n", (int)used, "", (int)at, line);
			line += at + 1;
			left -= at + 1;
			used = front;
		}
		gv_buf_addf(out, "%*s%.*s\n", (int)used, "", (int)left, line);
	}
}

void
gv_manual_usage(struct gv_out *out, const struct gv_cmd *cmd)
{
	struct gv_buf b = GV_BUF_INIT, wrapped = GV_BUF_INIT;

	gv_cmd_usage(&b, cmd);
	if (cmd->verb)
		gv_buf_addf(&b, "\nWithout a verb: git vault %s %s\n",
		    cmd->name, cmd->verb);
	if (cmd->opts && cmd->opts->type != GV_OPT_END)
		gv_buf_addch(&b, '\n');
	gv_opt_usage(&b, cmd->opts);
	if (gv_guide_find(cmd->name))
		gv_buf_addf(
		    &b, "\nThe manual: git vault %s --help\n", cmd->name);
	else
		gv_buf_addf(&b, "\nThe manual: git vault help %s\n", cmd->name);
	if (gv_buf_check(&b) == 0)
		add_wrapped(&wrapped, b.p);
	gv_out_write(out, wrapped.p, wrapped.len);
	gv_buf_release(&wrapped);
	gv_buf_release(&b);
}

/* What a person needs who has just installed it. */
static const char start[] =
    "\nstart here\n"
    "    git vault                          show how this repository stands\n"
    "    git vault snapshot                 save everything that could be lost\n"
    "    git vault restore latest --to DIR  write it all to a new folder\n"
    "    git vault sync                     copy the vault to the remote\n";

static void
add_group(struct gv_buf *out, const struct gv_cmd *const *all,
    enum gv_cmd_group group, int width)
{
	gv_buf_addf(out, "\n%s\n", gv_cmd_group_title(group));
	for (; *all; all++)
		if ((*all)->group == group)
			gv_buf_addf(out, "    %-*s  %s\n", width, (*all)->name,
			    (*all)->summary);
}

void
gv_manual_list(struct gv_out *out, const struct gv_cmd *const *all)
{
	struct gv_buf b = GV_BUF_INIT;
	const struct gv_cmd *const *c;
	const struct gv_guide *g;
	int group, widest = 0;

	gv_cmd_usage(&b, NULL);
	gv_buf_addstr(&b, start);
	for (c = all; *c; c++)
		if ((int)strlen((*c)->name) > widest)
			widest = (int)strlen((*c)->name);
	for (group = 0; group < GV_CMD_GROUPS; group++)
		add_group(&b, all, (enum gv_cmd_group)group, widest);
	gv_buf_addstr(&b, "\noptions of every command\n");
	gv_opt_usage(&b, gv_cmd_globals);
	gv_buf_addstr(
	    &b, "\nThe manual: git vault help [COMMAND | GUIDE]\nGuides:");
	for (g = gv_guides; g->name; g++)
		gv_buf_addf(&b, "%s %s", g == gv_guides ? "" : ",", g->name);
	gv_buf_addch(&b, '\n');
	gv_out_write(out, b.p, b.len);
	gv_buf_release(&b);
}

int
gv_manual_open(const struct gv_cmd *cmd)
{
	struct gv_buf page = GV_BUF_INIT;
	int r = 0;

	gv_buf_addf(
	    &page, "git-vault%s%s", cmd ? "-" : "", cmd ? cmd->name : "");
	if ((r = gv_buf_check(&page)) == 0)
		r = gv_guide_open("1", page.p);
	gv_buf_release(&page);
	return r;
}

int
gv_manual_guide(const struct gv_guide *guide)
{
	struct gv_buf page = GV_BUF_INIT;
	int r;

	gv_buf_addf(&page, "git-vault-%s", guide->name);
	if ((r = gv_buf_check(&page)) == 0)
		r = gv_guide_open(guide->section, page.p);
	gv_buf_release(&page);
	return r;
}

/* ---- JSON --------------------------------------------------------------- */

static void
put_page(struct gv_json *j, const char *name, const char *section)
{
	struct gv_buf page = GV_BUF_INIT, file = GV_BUF_INIT;
	bool is_there;

	gv_buf_addf(&page, "git-vault-%s", name);
	is_there = gv_buf_check(&page) == 0 &&
	    gv_guide_file(&file, section, page.p) == 0;
	gv_json_string(j, "page", page.p);
	gv_json_string(j, "section", section);
	if (is_there)
		gv_json_path(j, "file", file.p, file.len);
	else
		gv_json_null(j, "file");
	gv_buf_release(&page);
	gv_buf_release(&file);
}

static void
put_options(struct gv_json *j, const char *key, const struct gv_opt *opts)
{
	char text[2];

	gv_json_array(j, key);
	for (; opts && opts->type != GV_OPT_END; opts++) {
		if (opts->type == GV_OPT_GROUP)
			continue;
		gv_json_object(j, NULL);
		text[0] = opts->letter;
		text[1] = '\0';
		gv_json_string(j, "letter", opts->letter ? text : NULL);
		gv_json_string(j, "name", opts->name);
		gv_json_string(j, "argument", opts->arg);
		gv_json_string(j, "summary", opts->help);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_manual_json(struct gv_json *j, const struct gv_cmd *cmd)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "name", cmd->name);
	gv_json_string(j, "summary", cmd->summary);
	gv_json_string(j, "group", gv_cmd_group_title(cmd->group));
	gv_json_lines(j, "usage", *cmd->usage ? cmd->usage : NULL);
	put_options(j, "options", cmd->opts);
	put_page(j, cmd->name, "1");
	gv_json_end(j);
}

void
gv_manual_guide_json(struct gv_json *j, const struct gv_guide *guide)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "name", guide->name);
	gv_json_string(j, "summary", guide->summary);
	put_page(j, guide->name, guide->section);
	gv_json_end(j);
}

void
gv_manual_list_json(struct gv_json *j, const struct gv_cmd *const *all)
{
	const struct gv_guide *g;

	gv_json_object(j, NULL);
	gv_json_array(j, "commands");
	for (; *all; all++)
		gv_manual_json(j, *all);
	gv_json_end(j);
	gv_json_array(j, "guides");
	for (g = gv_guides; g->name; g++)
		gv_manual_guide_json(j, g);
	gv_json_end(j);
	put_options(j, "options", gv_cmd_globals);
	gv_json_end(j);
}
