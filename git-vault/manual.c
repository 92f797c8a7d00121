#include "manual.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cmd.h"
#include "out.h"
#include "sys/exec.h"

void
gv_manual_usage(struct gv_out *out, const struct gv_cmd *cmd)
{
	struct gv_buf b = GV_BUF_INIT;

	gv_cmd_usage(&b, cmd);
	if (cmd->verb)
		gv_buf_addf(&b, "\nWithout a verb: git vault %s %s\n",
		    cmd->name, cmd->verb);
	if (cmd->opts && cmd->opts->type != GV_OPT_END)
		gv_buf_addch(&b, '\n');
	gv_opt_usage(&b, cmd->opts);
	gv_buf_addf(&b, "\nThe manual: git vault help %s\n", cmd->name);
	gv_out_write(out, b.p, b.len);
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
	gv_buf_addstr(&b, "\nThe manual: git vault help [COMMAND]\n");
	gv_out_write(out, b.p, b.len);
	gv_buf_release(&b);
}

int
gv_manual_open(const struct gv_cmd *cmd)
{
	struct gv_buf page = GV_BUF_INIT;
	int r;

	gv_buf_addf(
	    &page, "git-vault%s%s", cmd ? "-" : "", cmd ? cmd->name : "");
	r = gv_exec_replace((const char *const[]){ "man", page.p, NULL });
	gv_buf_release(&page);
	return r;
}
