/* The record and the index of a dump: what is read and written again reads the
 * same. */
#include "fuzz.h"

#include "base/buf.h"
#include "component/component_index.h"
#include "component/component_record.h"
#include "crypto/secret.h"

static void
check_index(const char *text, size_t len)
{
	struct gv_secret again = GV_SECRET_INIT;
	struct gv_component_index index;

	if (gv_component_index_read(&index, text, len) < 0)
		return;
	/* there is one form of an index */
	if (gv_component_index_write(&again, &index) < 0 || again.len != len ||
	    memcmp(again.p, text, len) != 0)
		abort();
	gv_secret_release(&again);
	gv_component_index_release(&index);
}

static void
check_record(const char *text, size_t len)
{
	struct gv_component_record record, back;
	struct gv_buf again = GV_BUF_INIT;
	size_t bound;

	if (gv_component_record_read(&record, &bound, text, len) < 0)
		return;
	gv_component_record_write(&again, &record);
	gv_component_record_write_binding(&again, &record.binding);
	if (bound >= len || gv_buf_check(&again) < 0 ||
	    gv_component_record_read(&back, &bound, again.p, again.len) < 0 ||
	    strcmp(back.id, record.id) != 0 || back.bytes != record.bytes)
		abort();
	gv_component_record_release(&back);
	gv_component_record_release(&record);
	gv_buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_index((const char *)data, size);
	check_record((const char *)data, size);
	return 0;
}
