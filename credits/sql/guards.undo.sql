-- Takes back the guards and the result row.
DROP FUNCTION credits__refuse_direct_write() CASCADE;
DROP FUNCTION credits__refuse_change() CASCADE;
DROP FUNCTION credits__refuse_wrong_sums() CASCADE;
DROP TYPE credits_result;
