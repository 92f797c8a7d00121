/*
 * What is said of snapshots after they were taken: any bytes as a pin and as a
 * tombstone. What is read is written again byte for byte, but for newlines at
 * the end of a pin's reason.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/time.h"
#include "record/mark.h"
#include "record/tombstone.h"

static void
write_time(struct gv_buf *out, int64_t time)
{
	char text[32];

	gv_time_compact(text, time);
	gv_buf_addf(out, "%s\n", text);
}

static void
read_pin(const uint8_t *data, size_t len)
{
	struct gv_buf back = GV_BUF_INIT;
	int64_t time;
	char *why;

	if (gv_mark_parse_pin(&time, &why, data, len) < 0) {
		must(why == NULL && *gv_err_message());
		return;
	}
	while (len && data[len - 1] == '\n')
		len--;
	write_time(&back, time);
	if (why)
		gv_buf_addstr(&back, why);
	else
		gv_buf_truncate(&back, back.len - 1);
	must_be(&back, data, len);
	free(why);
}

static void
read_tombstone(const uint8_t *data, size_t len)
{
	struct gv_buf back = GV_BUF_INIT;
	struct gv_tombstone stone;

	if (gv_tombstone_parse(&stone, data, len) < 0) {
		must(*gv_err_message());
		return;
	}
	must(stone.count > 0 && stone.count < GV_TOMBSTONE_MOST + 1);
	if (stone.count == GV_TOMBSTONE_MOST - 1)
		return;
	write_time(&back, stone.day);
	if (stone.count > 1) {
		gv_buf_truncate(&back, back.len - 1);
		gv_buf_addf(&back, " %lu\n", (unsigned long)stone.count);
	}
	must_be(&back, data, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	read_pin(data, len);
	read_tombstone(data, len);
	return 0;
}
