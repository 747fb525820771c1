program Notes;
var count, total: integer;
begin
  count := 0;
  total := 0;
  while count < 10 do
  begin
    count := count + 1;
    total := total + count * count;
    if total > 100 then
      writeln('more than a hundred after ', count);
  end;
  writeln(total);
end.
