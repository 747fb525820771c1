require 'json'
require_relative 'shared'

module Reports
  class Report
    def initialize(rows)
      @rows = rows
      @title = "rows: #{rows.size}"
    end

    def empty?
      @rows.nil? || @rows.all? { |row| row.strip =~ /^#\s*$/ }
    end

    def self.load(path)
      text = <<~SQL
        SELECT 'it''s' # no comment
      SQL
      new(JSON.parse(File.read(path)) + [text])
    end
  end
end

report = Reports::Report.load(ARGV.first)
unless report.empty?
  puts "found"
  exit 1
end
