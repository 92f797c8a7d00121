#include "vault/hook_script.h"

#include <string.h>

#include "base/buf.h"
#include "sys/file.h"

bool
gv_hook_is_ours(int dir, const char *name)
{
	static const char first[] = "#!/bin/sh\n# git-vault hook: ";
	struct gv_buf text = GV_BUF_INIT;
	bool yes;

	yes = gv_file_read(&text, dir, name, GV_HOOK_MAX) == 0 &&
	    strncmp(text.p, first, sizeof(first) - 1) == 0;
	gv_buf_release(&text);
	return yes;
}
