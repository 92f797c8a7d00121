/* The journal of a restore: whatever its bytes, it is read to its end or
 * called damaged, and no step is taken. The checksums are put right first, or
 * no input would get past them. */
#include "fuzz.h"

#include <stddef.h>
#include <stdio.h>

#include "restore/restore_internal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *lf;
	struct gv_restore_header h;
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addstr(&text, GV_RESTORE_MAGIC);
	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			break;
		gv_buf_addf(
		    &text, "%08x ", gv_restore_crc32(p, (size_t)(lf - p)));
		gv_buf_add(&text, p, (size_t)(lf - p) + 1);
	}
	if (gv_restore_journal_check(&h, text.p, text.len) == 0)
		gv_restore_header_release(&h);
	/* as it is, too */
	gv_buf_reset(&text);
	gv_buf_add(&text, data, size);
	if (gv_restore_journal_check(&h, text.p, text.len) == 0)
		gv_restore_header_release(&h);
	gv_buf_release(&text);
	return 0;
}
