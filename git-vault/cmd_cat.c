#include "cmd.h"

#include "base/err.h"
#include "content_out.h"
#include "place.h"

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_place place = GV_PLACE_INIT;
	int r;

	r = gv_place_open(&place, ctx, argv[0], argc == 2 ? argv[1] : NULL);
	if (r == 0 && !place.has_path)
		r = gv_err(GV_EUSAGE,
		    "'cat' needs a path too: SNAP PATH, or SNAP:PATH");
	if (r == 0)
		r = gv_content_out(ctx, &place.rec, place.path.p);
	gv_place_release(&place);
	return r;
}

const struct gv_cmd cmd_cat = {
	.name = "cat",
	.summary = "print one file as it stands in a snapshot",
	.usage = "SNAP PATH\nSNAP:PATH\nPATH@SNAP",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_NO_JSON,
	.min_args = 1,
	.max_args = 2,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_PATH },
	.run = run,
};
